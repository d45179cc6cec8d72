/**
 * GET /codes/:code: does a code stand, and whose first name goes with it?
 * Promises: limited for each address, and what finds nothing also for the whole program, so that many addresses do not
 * help to guess; every lookup costs the same queries at the same time. Must never: tell why a code does not stand.
 */
import type { Request, Response } from 'express';
import ipaddr from 'ipaddr.js';
import type { Deps } from '../deps.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';
import { answer } from './answer.ts';
import { findCode } from './codes.sql.ts';
import { firstName } from './masks.ts';
import { lookupAnswer } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'clock' | 'limits' | 'openSecrets' | 'log'>;

export function lookupRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/codes/:code',
      credential: 'lookup',
      summary: 'Whether a code stands, and the first name of whose it is',
      answers: lookupAnswer,
      handle: (req, res) => lookup(deps, req, res),
    },
  ];
}

/** All lookups of a program share the count of misses. */
const EVERYBODY = 'everybody';

async function lookup(deps: Needs, req: Request, res: Response): Promise<void> {
  const { no } = programOf(res);
  const code = param(req, 'code').trim().toLowerCase();
  const now = await deps.clock.now();
  // Nothing may be awaited between the first of these and Promise.all: a refusal would go unheard and end the process.
  const [, , found] = await Promise.all([
    deps.limits.take('lookups', no, networkOf(req.ip ?? '')),
    deps.limits.check('misses', no, EVERYBODY),
    findCode(deps.pools.knex, no, code, now),
  ]);
  // Asked for in any case, so that the time tells no more than the answer.
  const people = await deps.openSecrets(no, [found?.person_id ?? 0n]);
  if (!found) {
    // Counted beside the answer, which must not take longer than a hit's.
    deps.limits.take('misses', no, EVERYBODY).catch((error: unknown) => {
      if (!(error instanceof Problem)) deps.log.warn({ err: error }, 'a lookup that found nothing was not counted');
    });
    throw new Problem('unknown_code');
  }
  if (!found.is_valid) return answer(res, lookupAnswer, { valid: false });
  const name = firstName(people.get(found.person_id)?.name ?? null);
  answer(res, lookupAnswer, { valid: true, code: found.code, ...(name === undefined ? {} : { referrer_name: name }) });
}

const V6_NETWORK_BYTES = 8;

/** Whoever has one IPv6 address has a whole /64 of them. */
function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return address.toByteArray().slice(0, V6_NETWORK_BYTES).join('.');
}
