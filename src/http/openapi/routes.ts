/**
 * GET /openapi.json and GET /docs: the document of this service, for machines and for people.
 * Promises: made once, when it is first asked for; a program's own host is told of that program's API only, at the root
 * where it stands there. Must never: load anything from elsewhere, or tell a program's host of the admin API.
 */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Deps } from '../deps.ts';
import { PAGE_POLICY, page } from '../docs/page.ts';
import { hostOf } from '../program-host.ts';
import type { Route } from '../routes.ts';
import { describe, type RouteTable } from './document.ts';

interface Made {
  readonly json: string;
  readonly page: string;
}

const documentForm = z.looseObject({ openapi: z.string() });

export function documentRoutes(
  { env, programs }: Pick<Deps, 'env' | 'programs'>,
  tables: () => readonly RouteTable[],
): Route[] {
  const made = new Map<string, Made>();
  const madeFor = (req: Request): Made => {
    const loaded = programs.byHost(hostOf(req));
    const own = new URL(env.publicUrl);
    const isOwn = !loaded || hostOf(req) === own.hostname.toLowerCase();
    const server = isOwn ? own.href.replace(/\/$/, '') : `${own.protocol}//${hostOf(req)}`;
    const key = isOwn ? server : `${server} ${loaded.program.api}`;
    const known = made.get(key) ?? make(isOwn ? tables() : atRoot(tables(), loaded.program.api), server);
    made.set(key, known);
    return known;
  };
  const common = { method: 'get', credential: 'none' } as const;
  return [
    {
      ...common,
      path: '/openapi.json',
      summary: 'This document: OpenAPI 3.1',
      answers: documentForm,
      handle: (req, res) => send(res, 'application/json; charset=utf-8', madeFor(req).json),
    },
    {
      ...common,
      path: '/docs',
      summary: 'This document as a page',
      answers: 'text/html',
      handle: (req, res) => {
        res.setHeader('Content-Security-Policy', PAGE_POLICY);
        send(res, 'text/html; charset=utf-8', madeFor(req).page);
      },
    },
  ];
}

function make(tables: readonly RouteTable[], server: string): Made {
  const document = describe(tables, { server });
  return { json: `${JSON.stringify(document)}\n`, page: page(document) };
}

/** As a program's host has them: the program is not in the path, and only its own dialects are there. */
function atRoot(tables: readonly RouteTable[], api: readonly string[]): RouteTable[] {
  const isThere = ({ dialect }: Route) => dialect === undefined || api.includes(dialect);
  return tables
    .filter(({ prefix }) => prefix !== '/admin/v1')
    .map(({ prefix, routes }) => ({ prefix: prefix === '/p/:program' ? '' : prefix, routes: routes.filter(isThere) }));
}

/** Kept by whoever asks, and asked about by its ETag each time: it changes with a new version only. */
function send(res: Response, type: string, text: string): void {
  res.setHeader('Content-Type', type);
  res.setHeader('Cache-Control', 'no-cache');
  res.setHeader('ETag', `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`);
  res.send(text);
}
