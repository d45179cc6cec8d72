/**
 * GET /codes/:code: does a code stand, and whose first name goes with it?
 * Promises: limited for each address, and what finds nothing also for the whole program, so that many addresses do not
 * help to guess; every lookup costs the same queries at the same time. Must never: tell why a code does not stand.
 */
import type { Request, Response } from 'express';
import { answer } from '../answer.ts';
import type { Deps, OpenedSecret } from '../deps.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';
import { findCode, type LookupRow } from './codes.sql.ts';
import { firstName } from './masks.ts';
import { lookupAnswer } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'clock' | 'codeKeys' | 'limits' | 'openSecrets' | 'log'>;

export function lookupRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/codes/:code',
      credential: 'lookup',
      operation: 'codes.lookup',
      summary: 'Whether a code stands, and the first name of whose it is',
      answers: lookupAnswer,
      refuses: ['unknown_code', 'too_many_requests'],
      handle: (req, res) => lookup(deps, req, res),
    },
  ];
}

async function lookup(deps: Needs, req: Request, res: Response): Promise<void> {
  const { no } = programOf(res);
  const found = await lookUp(deps, no, param(req, 'code'), networkOf(req.ip ?? ''));
  if (!found) throw new Problem('unknown_code');
  if (!found.is_valid) return answer(res, lookupAnswer, { valid: false });
  const name = firstName(found.owner?.name ?? null);
  answer(res, lookupAnswer, { valid: true, code: found.code, ...(name === undefined ? {} : { referrer_name: name }) });
}

/** All lookups of a program share the count of misses. */
const EVERYBODY = 'everybody';

/** A code with whose it is, for one who may try only so often; undefined: there is none. */
export async function lookUp(
  deps: Needs,
  programNo: number,
  written: string,
  who: string,
): Promise<(LookupRow & { readonly owner: OpenedSecret | undefined }) | undefined> {
  const now = await deps.clock.now();
  // Nothing may be awaited between the first of these and Promise.all: a refusal would go unheard and end the process.
  const [, , found] = await Promise.all([
    deps.limits.take('lookups', programNo, who),
    deps.limits.check('misses', programNo, EVERYBODY),
    findCode(deps.pools.knex, programNo, deps.codeKeys(programNo, written), now),
  ]);
  // Asked for in any case, so that the time tells no more than the answer.
  const people = await deps.openSecrets(programNo, [found?.person_id ?? 0n]);
  if (found) return { ...found, owner: people.get(found.person_id) };
  // Counted beside the answer, which must not take longer than a hit's.
  deps.limits.take('misses', programNo, EVERYBODY).catch((error: unknown) => {
    if (!(error instanceof Problem)) deps.log.warn({ err: error }, 'a lookup that found nothing was not counted');
  });
  return undefined;
}
