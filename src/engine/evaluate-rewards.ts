/**
 * What a referral itself earns, from its state to money: qualify → decide → assess → post.
 * Promises: run after everything that touches the referral, the referee's usage or a due time, as often as one likes, it
 * ends in the same place. Must never: run for a referee whose rewards were not loaded.
 */
import { DOUBLED, VOIDED } from '../ledger/history.ts';
import { reject, settle } from '../ledger/settle.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Referral, Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import type { Parties } from '../rewards/new-reward.ts';
import { beginReward, earnReward, type ReferralRule, referralRules, standingOf } from '../rewards/referral.ts';
import { waitsFor } from '../rewards/waits.ts';
import { ASSESSED, isAssessed, waitingOf, withFlag } from './marks.ts';
import { qualify } from './qualify.ts';
import { watchReferrer } from './watch-referrer.ts';

export function evaluateReferralRewards(world: World, ctx: FoldContext, refereeId: bigint, cause: Cause): void {
  const referral = world.referrals.get(refereeId);
  const rules = referralRules(ctx.loaded.program);
  const made = rules.length === 0 ? [] : world.rewards.by('referee', refereeId).filter((r) => r.source === null);
  // None any more: a join showed that they had referred themselves.
  if (!referral || referral.status === 'void') {
    for (const reward of made) takeBack(world, ctx, reward, VOIDED, cause);
    return;
  }
  const parties = { ...partiesOf(world, referral), referral };
  const qualified = { ...parties, referral: qualify(world, ctx, parties) };
  if (qualified.referral.reason !== referral.reason) watchReferrer(world, ctx, refereeId, cause);
  for (const rule of rules) {
    const [first, ...doubled] = ofRule(made, rule, qualified.referral);
    for (const reward of doubled) takeBack(world, ctx, reward, DOUBLED, cause);
    // Qualifying may have lifted the referrer's tier.
    applyRule(world, ctx, rule, { ...partiesOf(world, referral), referral: qualified.referral }, first, cause);
  }
}

function partiesOf(world: World, { id, refereeId, referrerId }: Referral): Pick<Parties, 'referee' | 'referrer'> {
  const referee = world.persons.get(refereeId);
  const referrer = world.persons.get(referrerId);
  if (!referee || !referrer) throw new Error(`bug: the people of referral ${id} were not loaded`);
  return { referee, referrer };
}

/** Two after a join: the one of the referral that stands first, then the elder. */
function ofRule(made: readonly Reward[], rule: ReferralRule, { referrerId }: Referral): Reward[] {
  const strange = (reward: Reward) => (reward.referrerId === referrerId ? 0 : 1);
  return made
    .filter((reward) => reward.rule === rule.name)
    .sort((a, b) => strange(a) - strange(b) || (a.id < b.id ? -1 : 1));
}

function takeBack(world: World, ctx: FoldContext, reward: Reward, why: string, cause: Cause): void {
  settle(world, ctx, withFlag(reward, why), 0n, waitingOf(reward), cause);
}

function applyRule(
  world: World,
  ctx: FoldContext,
  rule: ReferralRule,
  parties: Parties,
  existing: Reward | undefined,
  cause: Cause,
): void {
  if (existing?.status === 'rejected') return;
  if (existing && isAssessed(existing)) {
    settle(world, ctx, existing, owed(existing), waitsFor(existing, ctx.now), cause);
    return;
  }
  const standing = standingOf(rule, parties, world.usageTotals.get(parties.referee.id));
  if (standing.kind === 'not_yet') return;
  const reward = existing ?? beginReward(world, ctx, rule, parties);
  if (standing.kind === 'lost') {
    reject(world, ctx, reward, standing.reason, cause);
    return;
  }
  if (standing.kind === 'waits') {
    settle(world, ctx, reward, reward.amount, standing.reason, cause);
    return;
  }
  const { reward: earned, isCapped } = earnReward(world, ctx, rule, parties, reward, standing.saw);
  const assessed = assess(earned, parties);
  if (isCapped) reject(world, ctx, assessed, 'cap_reached', cause);
  else settle(world, ctx, assessed, owed(assessed), waitsFor(assessed, ctx.now), cause);
}

function owed(reward: Reward): bigint {
  return reward.amount - reward.forfeitedAmount;
}

/** The signals were asked at the signup. */
function assess(reward: Reward, { referral: { flags, held } }: Parties): Reward {
  const finding = { asked: ASSESSED, saw: { flags }, said: held ? 'hold' : 'clear' };
  return { ...reward, flags, released: !held, explain: [...reward.explain, finding] };
}
