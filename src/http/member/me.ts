/**
 * GET /me: what a member has, and what they share.
 * Promises: a balance only where it is ours; amounts of two currencies are never added up. Must never: write.
 */

import type * as z from 'zod';
import type { LoadedProgram, Program, Tier } from '../../model/program.ts';
import { referralUrl } from '../../model/program.ts';
import { monthOf, tierInForce } from '../../model/tiers.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer } from '../input.ts';
import { programOf, type Route } from '../routes.ts';
import { type Acting, actingMember } from './bearer.ts';
import * as sql from './me.sql.ts';
import { type limits, meAnswer } from './schemas.ts';
import { shareTexts } from './share.ts';

type Needs = Pick<Deps, 'pools' | 'clock' | 'countBig'>;
type Me = z.input<typeof meAnswer>;
type UnitFigures = Me['by_unit'][number];
export type Uncounted = Omit<Me, 'totals'> & { readonly totals: Omit<Me['totals'], 'active'> };

const DAY_MS = 86_400_000;
const RECENT_DAYS = 30;

export function meRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/me',
      credential: 'member:read',
      operation: 'referral.me',
      summary: 'What the member has, and what they share',
      answers: meAnswer,
      handle: async (_req, res) => answer(res, meAnswer, await meJson(deps, programOf(res), actingMember(res))),
    },
  ];
}

async function meJson(deps: Needs, loaded: LoadedProgram, acting: Acting): Promise<Me> {
  const me = await readMe(deps, loaded, acting);
  return { ...me, totals: { ...me.totals, active: await deps.countBig(...activeOf(deps, loaded, acting, me)) } };
}

/** For `countBig`: referees who have paid, or used the product, in these days. */
export function activeOf(
  { pools, clock }: Pick<Needs, 'pools' | 'clock'>,
  { no, program }: LoadedProgram,
  { personId }: Acting,
  { totals }: Uncounted,
) {
  const by = program.unit.kind === 'points' ? 'usage' : 'payment';
  const count = async () => {
    const since = new Date((await clock.now()).getTime() - RECENT_DAYS * DAY_MS);
    return await sql.countActive(pools.knex, no, personId, since, by);
  };
  return [`active ${no} ${personId}`, totals.signups, count] as const;
}

export async function readMe(
  { pools, clock }: Pick<Needs, 'pools' | 'clock'>,
  { no, program }: LoadedProgram,
  acting: Acting,
): Promise<Uncounted> {
  const now = await clock.now();
  const where = [pools.knex, no, acting.personId] as const;
  const capped = cappedRules(program);
  const [{ profile, balances, rewards }, allowances] = await Promise.all([
    sql.readFigures(pools, no, acting.personId, { month: monthOf(now), since: firstDayOf(now) }),
    sql.readAllowances(
      ...where,
      capped.map(({ rule }) => rule),
    ),
  ]);
  const { signups = 0, qualified = 0 } = profile ?? {};
  const byUnit = figuresByUnit(program, balances, rewards);
  const [only] = byUnit.length === 1 ? byUnit : [];
  const code = profile?.code ?? null;
  const tier = tierInForce(program, profile?.tier ?? null, profile?.volume ?? 0n);
  return {
    member_id: acting.memberId,
    code,
    url: code === null ? null : referralUrl(program, code),
    share_text: code === null ? null : shareTexts(program, code),
    tier: tier?.name ?? null,
    unit: only?.unit ?? null,
    balance: only?.balance ?? null,
    delivered: only?.delivered ?? null,
    totals: {
      earned: only?.earned ?? null,
      earned_last_30_days: only?.earned_last_30_days ?? null,
      pending: only?.pending ?? null,
      signups,
      qualified,
    },
    by_unit: byUnit,
    limits: limitsOf(program, tier, profile, new Map(allowances.map(({ rule, used }) => [rule, used]))),
    suspended: (profile?.suspended_at ?? null) !== null,
  };
}

/** Today, by UTC, and the 29 days before. */
function firstDayOf(now: Date): string {
  return new Date(now.getTime() - (RECENT_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
}

/** One for each unit that the member has anything in; the program's own unit always. */
function figuresByUnit(
  { unit, sink }: Program,
  balances: readonly sql.BalanceRow[],
  rewards: readonly sql.RewardTotalsRow[],
): UnitFigures[] {
  const own = unit.kind === 'points' ? [unit.name] : unit.currency === 'payment' ? [] : [unit.currency];
  const units = new Set([...own, ...rewards.map((row) => row.unit), ...balances.map((row) => row.unit)]);
  return Array.from(units, (name) => {
    const held = (account: string) =>
      integer(balances.find((row) => row.unit === name && row.account === account)?.balance ?? 0n);
    const totals = rewards.find((row) => row.unit === name);
    const isOurs = sink.kind === 'ledger';
    return {
      unit: name,
      balance: isOurs ? held('available') : null,
      delivered: isOurs ? null : held('delivered'),
      debt: Math.abs(held('debt')),
      earned: integer(totals?.earned ?? 0n),
      earned_last_30_days: integer(totals?.earned_since ?? 0n),
      pending: integer(totals?.pending ?? 0n),
    };
  });
}

function cappedRules({ rules }: Program): { rule: string; cap: bigint }[] {
  return rules.flatMap(({ name, lifetimeCap }) =>
    lifetimeCap === undefined ? [] : [{ rule: name, cap: lifetimeCap }],
  );
}

function limitsOf(
  program: Program,
  tier: Tier | undefined,
  profile: sql.ProfileRow | undefined,
  used: ReadonlyMap<string, bigint>,
): z.input<typeof limits> {
  const expires = tier?.expiresAfter ?? 'never';
  return {
    max_balance: tier?.maxBalance === undefined ? null : integer(tier.maxBalance),
    credits_expire_after_days: expires === 'never' ? null : expires / DAY_MS,
    code_max_uses: profile?.max_uses ?? null,
    code_uses: profile?.uses ?? null,
    lifetime_caps: cappedRules(program).map(({ rule, cap }) => {
      const taken = used.get(rule) ?? 0n;
      const remaining = taken < cap ? cap - taken : 0n;
      return { rule, cap: integer(cap), used: integer(taken), remaining: integer(remaining) };
    }),
  };
}
