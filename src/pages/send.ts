/**
 * How a page leaves: its headers, its files, its redirects.
 * Promises: no inline script or style, and nothing from another host; files are kept by the browser and named by their
 * content. Must never: be `no-referrer`, by which the browser would hide where a form comes from.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Response } from 'express';
import type { Route } from '../http/routes.ts';
import type { Html } from '../texts/html.ts';

interface Asset {
  readonly type: string;
  readonly text: string;
  readonly hash: string;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

function asset(name: string, type: string): [string, Asset] {
  const text = readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8');
  return [name, { type, text, hash: hashOf(text) }];
}

const ASSETS: ReadonlyMap<string, Asset> = new Map([
  asset('style.css', 'text/css; charset=utf-8'),
  asset('page.js', 'text/javascript; charset=utf-8'),
]);

/** Where the file is, below the place where the assets of these pages stand. */
export function assetUrl(base: string, name: string): string {
  return `${base}/assets/${name}?v=${ASSETS.get(name)?.hash}`;
}

const YEAR_S = 31_536_000;

export function assetRoutes(under: string): Route[] {
  return [...ASSETS].map(([name, { type, text, hash }]) => ({
    method: 'get',
    path: `${under}/assets/${name}`,
    credential: 'none',
    summary: 'A file of the pages',
    answers: type.startsWith('text/css') ? 'text/css' : 'text/javascript',
    handle: (req, res) => {
      const isNamed = req.query.v === hash;
      res.setHeader('Content-Type', type);
      res.setHeader('ETag', `"${hash}"`);
      res.setHeader('Cache-Control', isNamed ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      res.send(text);
    },
  }));
}

export interface PagePolicy {
  /** Who may show the page in a frame; nobody by default. */
  readonly frameAncestors?: readonly string[];
  /** Where a logo is, beside our own. */
  readonly images?: readonly string[];
  /** One style in the page, allowed by its hash. */
  readonly style?: string;
}

export function policyOf({ frameAncestors = [], images = [], style }: PagePolicy): string {
  const own = style === undefined ? '' : ` 'sha256-${createHash('sha256').update(style).digest('base64')}'`;
  return [
    "default-src 'none'",
    `style-src 'self'${own}`,
    "script-src 'self'",
    `img-src 'self' data:${images.map((each) => ` ${each}`).join('')}`,
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${frameAncestors.length > 0 ? frameAncestors.join(' ') : "'none'"}`,
  ].join('; ');
}

export function sendPage(res: Response, page: Html, policy: PagePolicy = {}): void {
  res.setHeader('Content-Security-Policy', policyOf(policy));
  res.setHeader('Referrer-Policy', 'same-origin');
  if (policy.frameAncestors?.length) res.removeHeader('X-Frame-Options');
  res.type('html').send(page.html);
}

/** After a form: the browser asks for the next page by GET, and a reload repeats nothing. */
export function seeOther(res: Response, path: string, query: Readonly<Record<string, string | undefined>> = {}): void {
  res.redirect(303, `${path}${queryOf(query)}`);
}

/** `?a=b`, without what is empty. */
export function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter(
    (each): each is [string, string] => each[1] !== undefined && each[1] !== '',
  );
  const text = new URLSearchParams(given).toString();
  return text === '' ? '' : `?${text}`;
}
