/**
 * Who may pass: the admin token, or a server key of this program with the scope that the route names.
 * Promises: denied by default: what is not let through here is 401 or 403. Tokens are compared as sha256 digests in
 * constant time; keys are found by their digest. Must never: tell a wrong token from a revoked one.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { findKey, noteUse } from '../accounts/keys.sql.ts';
import { hashKey, type KeyScope, looksLikeKey } from '../accounts/keys.ts';
import type { Deps } from './deps.ts';
import { Problem } from './problems.ts';
import { type Guards, programOf } from './routes.ts';

const pass: RequestHandler = (_req, _res, next) => next();

export function guardsFor(deps: Pick<Deps, 'adminToken' | 'pools' | 'clock'>): Guards {
  const admin = requireAdmin(deps.adminToken);
  return (credential) => {
    switch (credential) {
      case 'none':
      case 'signature':
        return pass;
      case 'admin':
        return admin;
      default:
        return requireKey(deps, credential);
    }
  };
}

function bearerOf(req: Request): string {
  const [, token] = /^Bearer +([^\s]+)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (!token) throw new Problem('unauthorized');
  return token;
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

function requireAdmin(adminToken: string): RequestHandler {
  if (adminToken === '') throw new Error('the admin token is empty');
  const expected = digest(adminToken);
  return (req, _res, next) => {
    if (!timingSafeEqual(digest(bearerOf(req)), expected)) throw new Problem('unauthorized');
    next();
  };
}

/** A key of another program is 403: whoever holds it knows that it is one, and is told what is wrong. */
function requireKey({ pools, clock }: Pick<Deps, 'pools' | 'clock'>, scope: KeyScope): RequestHandler {
  return async (req, res, next) => {
    const token = bearerOf(req);
    const key = looksLikeKey(token) ? await findKey(pools.knex, hashKey(token)) : undefined;
    if (!key || key.revokedAt) throw new Problem('unauthorized');
    if (key.programNo !== programOf(res).no) throw new Problem('wrong_program');
    if (!key.scopes.includes(scope)) throw new Problem('insufficient_scope', `The key needs the scope ${scope}`);
    await noteUse(pools.knex, key, await clock.now());
    next();
  };
}
