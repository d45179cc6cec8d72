/**
 * Who may pass: the admin token, a server key of this program with the scope that the route names, or a member.
 * Promises: denied by default: what is not let through here is 401 or 403. Tokens are compared as sha256 digests in
 * constant time; keys are found by their digest. Must never: tell a wrong token from a revoked one.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { KeyScope } from '../accounts/keys.ts';
import type { Deps } from './deps.ts';
import { type BearerNeeds, memberGuards } from './member/bearer.ts';
import { Problem } from './problems.ts';
import { type Guards, programOf } from './routes.ts';
import { bearerOf, checkServerKey } from './server-key.ts';

const pass: RequestHandler = (_req, _res, next) => next();

export function guardsFor(deps: Pick<Deps, 'adminToken'> & BearerNeeds): Guards {
  const admin = requireAdmin(deps.adminToken);
  const member = memberGuards(deps);
  return (credential) => {
    switch (credential) {
      case 'none':
      case 'signature':
        return pass;
      case 'admin':
        return admin;
      case 'member:read':
      case 'member:write':
      case 'program:read':
      case 'lookup':
        return member(credential);
      default:
        return requireKey(deps, credential);
    }
  };
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

function requireKey(deps: Pick<Deps, 'pools' | 'clock'>, scope: KeyScope): RequestHandler {
  return async (req, res, next) => {
    await checkServerKey(deps, programOf(res).no, bearerOf(req), scope);
    next();
  };
}
