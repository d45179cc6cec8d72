/**
 * The bearer token of a request, and the server keys of a program.
 * Promises: keys are found by their digest, and must be live, of this program, and have the scope that is asked for.
 * Must never: tell a wrong key from a revoked one.
 */
import type { Request } from 'express';
import { findKey, noteUse } from '../accounts/keys.sql.ts';
import { hashKey, type KeyScope, looksLikeKey } from '../accounts/keys.ts';
import type { Deps } from './deps.ts';
import { Problem } from './problems.ts';

export function bearerOf(req: Request): string {
  const [, token] = /^Bearer +([^\s]+)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (!token) throw new Problem('unauthorized');
  return token;
}

/** A key of another program is 403: whoever holds it knows that it is one, and is told what is wrong. */
export async function checkServerKey(
  { pools, clock }: Pick<Deps, 'pools' | 'clock'>,
  programNo: number,
  token: string,
  scope: KeyScope,
): Promise<void> {
  const key = looksLikeKey(token) ? await findKey(pools.knex, hashKey(token)) : undefined;
  if (!key || key.revokedAt) throw new Problem('unauthorized');
  if (key.programNo !== programNo) throw new Problem('wrong_program');
  if (!key.scopes.includes(scope)) throw new Problem('insufficient_scope', `The key needs the scope ${scope}`);
  await noteUse(pools.knex, key, await clock.now());
}
