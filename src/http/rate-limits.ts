/**
 * How often something may be done, counted in the database for all processes together; in memory while it is away.
 * Promises: who did it is kept as a keyed hash only, and forgotten an hour after the window; windows go by the real
 * clock. Must never: stand in the way of what moves money; only guessing and hoarding are limited.
 */
import { createHmac } from 'node:crypto';
import type pg from 'pg';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { Problem } from './problems.ts';

/** points in so many seconds. */
const LIMITS = {
  /** Lookups of codes from one address. */
  lookups: { points: 60, duration: 60 },
  /** Lookups that found nothing, of one program, from wherever: a million addresses do not help to guess. */
  misses: { points: 600, duration: 60 },
  /** Codes chosen or refreshed by one member: a taken code is told by its refusal. */
  codes: { points: 60, duration: 3600 },
  /** Codes claimed by one member. */
  claims: { points: 60, duration: 3600 },
  /** Addresses that one member had invited, and all members of a program; how many, the program file says. */
  invites: { points: 10_000, duration: 86_400 },
  program_invites: { points: 1_000_000, duration: 86_400 },
  /** Referral links followed from one network: beyond that nobody looks whether the code stands. */
  links: { points: 300, duration: 60 },
  /** Links and beacons of one program with a code that does not stand: beyond that they look like any other. */
  link_misses: { points: 600, duration: 60 },
  /** What the snippet tells from one network. */
  visits: { points: 120, duration: 60 },
  /** Members who sign up here, from one address. */
  signups: { points: 10, duration: 3600 },
  /** Exports of one member: each looks through the inbox. */
  exports: { points: 20, duration: 3600 },
  /** Challenges mailed for one member, to whatever addresses. */
  contributors: { points: 10, duration: 86_400 },
  /** Sign-ins of admins from one address, and those that failed for one account, from wherever. */
  sign_ins: { points: 30, duration: 900 },
  sign_in_failures: { points: 10, duration: 900 },
  /** Reports of codes from one address, and of one program from wherever: each is kept. */
  reports: { points: 10, duration: 3600 },
  program_reports: { points: 1000, duration: 3600 },
  /** Appeals by links in mails, from one address. */
  appeals: { points: 10, duration: 3600 },
  /** Links to the portal that one address asked for, and that were mailed to one mailbox. */
  portal_mails: { points: 10, duration: 3600 },
} as const;

export type LimitName = keyof typeof LIMITS;

export interface RateLimits {
  /** Counts one; throws the problem too_many_requests when it is one too many. */
  take(name: LimitName, programNo: number, who: string): Promise<void>;
  /** Throws when it has been taken too often already, and counts nothing. */
  check(name: LimitName, programNo: number, who: string): Promise<void>;
  /** Counts as many of `wanted` as there is room for below `most`, and says how many; throws when not even one. */
  takeSome(name: LimitName, programNo: number, who: string, wanted: number, most: number): Promise<number>;
  /** What was counted and then not used. */
  giveBack(name: LimitName, programNo: number, who: string, count: number): Promise<void>;
}

type Limiter = Pick<RateLimiterAbstract, 'consume' | 'get' | 'penalty' | 'reward'>;

export interface RateLimitOptions {
  readonly pool: Pick<pg.Pool, 'query'>;
  readonly key: Buffer;
}

/** The limiter names its statements, which a pooler may not allow, and knows expire as a number. */
function clientOn(pool: RateLimitOptions['pool']) {
  return {
    query: async ({ text, values }: { text: string; values: unknown[] }) => {
      const { rows, rowCount } = await pool.query(text, values);
      const plain = rows.map((row) => ({ ...row, expire: row.expire === null ? null : Number(row.expire) }));
      return { rows: plain, rowCount };
    },
  };
}

export function createRateLimits({ pool, key }: RateLimitOptions): RateLimits {
  const inMemory = (name: LimitName) => new RateLimiterMemory({ ...LIMITS[name], keyPrefix: name });
  const limiterOf = (name: LimitName) =>
    new RateLimiterPostgres({
      ...LIMITS[name],
      keyPrefix: name,
      storeClient: clientOn(pool),
      storeType: 'client',
      tableName: 'rate_limits',
      tableCreated: true,
      insuranceLimiter: inMemory(name),
    });
  const limiters = {
    lookups: limiterOf('lookups'),
    misses: limiterOf('misses'),
    codes: limiterOf('codes'),
    claims: limiterOf('claims'),
    invites: limiterOf('invites'),
    program_invites: limiterOf('program_invites'),
    signups: limiterOf('signups'),
    exports: limiterOf('exports'),
    contributors: limiterOf('contributors'),
    sign_ins: limiterOf('sign_ins'),
    sign_in_failures: limiterOf('sign_in_failures'),
    reports: limiterOf('reports'),
    program_reports: limiterOf('program_reports'),
    appeals: limiterOf('appeals'),
    links: inPortions(inMemory('links'), limiterOf('links')),
    link_misses: limiterOf('link_misses'),
    visits: limiterOf('visits'),
    portal_mails: limiterOf('portal_mails'),
  } satisfies Record<LimitName, Limiter>;
  const keyOf = (programNo: number, who: string) =>
    createHmac('sha256', key).update(`${programNo}\n${who}`).digest('base64url').slice(0, 22);
  return {
    take: async (name, programNo, who) => {
      try {
        await limiters[name].consume(keyOf(programNo, who));
      } catch (error) {
        throw error instanceof RateLimiterRes ? tooMany(error) : error;
      }
    },
    check: async (name, programNo, who) => {
      const taken = await limiters[name].get(keyOf(programNo, who));
      if (taken && taken.consumedPoints >= LIMITS[name].points) throw tooMany(taken);
    },
    takeSome: async (name, programNo, who, wanted, most) => {
      const key = keyOf(programNo, who);
      const taken = await limiters[name].penalty(key, wanted);
      const room = Math.min(Math.max(most - (taken.consumedPoints - wanted), 0), wanted);
      if (room < wanted) await limiters[name].reward(key, wanted - room);
      if (room === 0 && wanted > 0) throw tooMany(taken);
      return room;
    },
    giveBack: async (name, programNo, who, count) => {
      if (count > 0) await limiters[name].reward(keyOf(programNo, who), count);
    },
  };
}

/** So many of one network pass in each process before the others hear of them: what few people at one place do in a minute. */
const PORTION = 30;

/**
 * Counted here first, and in the database a portion at a time: whoever follows a link waits for no statement more, and
 * all processes together let through no more than the limit and a portion each.
 */
function inPortions(own: RateLimiterMemory, shared: RateLimiterAbstract): Limiter {
  return {
    consume: async (key) => {
      const taken = await own.consume(key);
      if (taken.consumedPoints % PORTION !== 0) return taken;
      try {
        return await shared.consume(key, PORTION);
      } catch (error) {
        if (error instanceof RateLimiterRes) await own.block(key, Math.ceil(error.msBeforeNext / 1000));
        throw error;
      }
    },
    get: (key) => own.get(key),
    penalty: (key, points) => own.penalty(key, points),
    reward: (key, points) => own.reward(key, points),
  };
}

function tooMany({ msBeforeNext }: RateLimiterRes): Problem {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new Problem('too_many_requests', { headers: { 'Retry-After': String(seconds) } });
}
