/**
 * Who a visitor is to us: a random id in a cookie of their own browser, if they let us.
 * Promises: nobody who asks not to be tracked is given an id; machines are not counted. Must never: set a cookie that
 * another site can read.
 */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { isbot } from 'isbot';
import { getDomain } from 'tldts';
import { subnetOf } from '../../fraud/subnet.ts';
import type { Program } from '../../model/program.ts';
import { hostOf } from '../program-host.ts';
import type { From } from './recorder.ts';

const DAY_S = 86_400;

/** `<visitor>.<code>.<seconds in base 36>`: the snippet reads and writes the same. */
export interface VisitorCookie {
  readonly visitor: string;
  readonly code: string;
  readonly seconds: number;
}

export const cookieName = ({ program }: Pick<Program, 'program'>): string => `plusone_${program}`;

const COOKIE = /^([A-Za-z0-9_-]{16,64})\.([A-Za-z0-9_-]{1,64})\.([0-9a-z]{1,9})$/;

export function readVisitor(req: Request, program: Program): VisitorCookie | undefined {
  const name = cookieName(program);
  const found = (req.headers.cookie ?? '').split(';').find((part) => part.trim().startsWith(`${name}=`));
  const [, visitor, code, at] = COOKIE.exec(found?.trim().slice(name.length + 1) ?? '') ?? [];
  return visitor && code && at ? { visitor, code, seconds: Number.parseInt(at, 36) } : undefined;
}

export const newVisitorId = (): string => randomBytes(16).toString('base64url');

export function setVisitor(res: Response, req: Request, program: Program, cookie: VisitorCookie): void {
  const { cookieDays } = program.attribution;
  const domain = sharedDomain(hostOf(req), program.product.homeUrl);
  const parts = [
    `${cookieName(program)}=${cookie.visitor}.${cookie.code}.${cookie.seconds.toString(36)}`,
    'Path=/',
    `Max-Age=${cookieDays * DAY_S}`,
    'SameSite=Lax',
    ...(domain ? [`Domain=${domain}`] : []),
    ...(req.secure ? ['Secure'] : []),
  ];
  // Not HttpOnly: the snippet on the landing page reads it.
  res.append('Set-Cookie', parts.join('; '));
}

/** The registrable domain, where the link's host and the landing page have the same; undefined: this host's own cookie. */
function sharedDomain(host: string, homeUrl: string): string | undefined {
  const domain = getDomain(host, { allowPrivateDomains: true });
  return domain !== null && domain === getDomain(homeUrl, { allowPrivateDomains: true }) ? domain : undefined;
}

/** Do Not Track, and Global Privacy Control. */
export const wantsPrivacy = (req: Request): boolean => req.get('DNT') === '1' || req.get('Sec-GPC') === '1';

/** Crawlers, link previews, and what a browser fetches before anybody has clicked. */
export function isMachine(req: Request): boolean {
  const userAgent = req.get('User-Agent') ?? '';
  return userAgent === '' || isbot(userAgent) || /prefetch|prerender/.test(purposeOf(req));
}

const purposeOf = (req: Request): string =>
  `${req.get('Sec-Purpose') ?? ''} ${req.get('Purpose') ?? ''} ${req.get('X-Moz') ?? ''}`.toLowerCase();

export function fromOf(req: Request): From {
  const ip = req.ip ?? '';
  return { ip, subnet: subnetOf(ip), userAgent: req.get('User-Agent') ?? '' };
}
