/**
 * Who may pass: an admin, a server key of this program with the scope that the route names, or a member.
 * Promises: denied by default: what is not let through here is 401 or 403. Tokens are compared as sha256 digests in
 * constant time; keys are found by their digest. Must never: tell a wrong token from a revoked one.
 */
import type { RequestHandler } from 'express';
import type { KeyScope } from '../accounts/keys.ts';
import { type AdminNeeds, adminGuards } from './admin-auth.ts';
import type { Deps } from './deps.ts';
import { type BearerNeeds, memberGuards } from './member/bearer.ts';
import { type Guards, programOf } from './routes.ts';
import { bearerOf, checkServerKey } from './server-key.ts';

const pass: RequestHandler = (_req, _res, next) => next();

export function guardsFor(deps: AdminNeeds & BearerNeeds): Guards {
  const admin = adminGuards(deps);
  const member = memberGuards(deps);
  return (credential) => {
    switch (credential) {
      case 'none':
      case 'signature':
      case 'password':
        return pass;
      case 'admin':
      case 'admin:read':
      case 'admin:moderate':
      case 'admin:self':
        return admin(credential);
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

function requireKey(deps: Pick<Deps, 'pools' | 'clock'>, scope: KeyScope): RequestHandler {
  return async (req, res, next) => {
    await checkServerKey(deps, programOf(res).no, bearerOf(req), scope);
    next();
  };
}
