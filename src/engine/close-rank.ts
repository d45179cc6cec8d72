/**
 * The end of a month of the leaderboard: its first referrers are rewarded.
 * Promises: once for each month, rule and place; the key names all three. Must never: reward signups that are held.
 */
import { settle } from '../ledger/settle.ts';
import { type CommandOutcome, DONE } from '../model/commands.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import { type RankRule, rewardUnit } from '../model/program.ts';
import type { Person, Reward } from '../model/records.ts';
import { tierNow } from '../model/tiers.ts';
import type { Standing, World } from '../model/world.ts';
import { newReward } from '../rewards/new-reward.ts';
import { vestsAt, waitsFor } from '../rewards/waits.ts';
import { ASSESSED } from './marks.ts';

/** `source` of these rewards; their `source_payment_id` is the month. */
export const LEADERBOARD = 'leaderboard';

export function closeRank(
  world: World,
  ctx: FoldContext,
  { rule: name, month }: { readonly rule: string; readonly month: string },
  cause: Cause,
): CommandOutcome {
  const rule = ctx.loaded.program.rules.find((each) => each.name === name);
  if (rule?.when !== 'rank') return DONE;
  const standings = Array.from(world.standings.all()).filter((each) => each.month === month);
  for (const standing of standings.filter(({ rank }) => rank <= rule.top)) {
    const person = world.persons.get(standing.personId);
    if (!person) throw new Error(`bug: person ${standing.personId} was not loaded`);
    const reward = rankReward(world, ctx, rule, person, standing);
    settle(world, ctx, reward, reward.amount, waitsFor(reward, ctx.now), cause);
  }
  return DONE;
}

/** A month's reward waits for time only. */
export function evaluateRank(world: World, ctx: FoldContext, reward: Reward, cause: Cause): void {
  settle(world, ctx, reward, reward.amount - reward.forfeitedAmount, waitsFor(reward, ctx.now), cause);
}

function rankReward(
  world: World,
  ctx: FoldContext,
  rule: RankRule,
  person: Person,
  { month, rank, signups }: Standing,
): Reward {
  const { program } = ctx.loaded;
  const amount = amountOf(world, ctx, rule, person);
  const unit = program.unit.kind === 'money' ? rewardUnit(program.unit, program.unit.currency) : program.unit.name;
  const parties = { referral: { flags: [] }, referee: person, referrer: person };
  return newReward(ctx, rule, parties, {
    idempotencyKey: `ref:auto:${rule.name}:${month}:${rank}`,
    source: LEADERBOARD,
    sourcePaymentId: month,
    unit,
    amount,
    fixedAmount: amount,
    conversionNum: 1n,
    released: true,
    vestsAt: vestsAt(rule, ctx.now),
    explain: [
      { asked: `rule ${rule.name}`, saw: { month, rank, signups }, said: `earns ${amount} ${unit}` },
      { asked: ASSESSED, saw: { flags: [] }, said: 'clear' },
    ],
  });
}

function amountOf(world: World, { loaded, now }: FoldContext, rule: RankRule, person: Person): bigint {
  if (rule.amount.kind === 'fixed') return rule.amount.amount;
  return tierNow(world, loaded.program, person, now)?.credit ?? 0n;
}
