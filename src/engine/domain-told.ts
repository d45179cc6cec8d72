/**
 * The age of an e-mail domain is known: what waited for it is decided.
 * Promises: the signal is asked again as it would have been at the signup, with the signup's time; what another signal
 * or a person said meanwhile stands. Must never: let through what was never looked at; an answer without a date changes
 * nothing.
 */
import { assessSignup } from '../fraud/assess.ts';
import { type Assessment, UNCHECKED } from '../fraud/signal.ts';
import { DOMAIN_AGE } from '../fraud/signals/domain-age.ts';
import { reject } from '../ledger/settle.ts';
import { type Command, type CommandOutcome, DONE } from '../model/commands.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Finding, Person, Referral, Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { ASSESSED } from './marks.ts';
import { reevaluate } from './reevaluate.ts';
import { suspendBySignal } from './suspend-by-signal.ts';

/** An answer is asked for once; one that said nothing, again when somebody else comes from there. */
export function askForDomain(world: World, ctx: FoldContext, referee: Person, { flags }: Assessment): void {
  const { domainHash, id: refereeId } = referee;
  if (domainHash === null || !flags.includes(UNCHECKED)) return;
  const known = world.domainChecks.get(domainHash);
  if (known && known.toldAt === null) return;
  const asked = { domainHash, refereeId, createdAt: ctx.now, toldAt: null, registeredAt: null };
  world.domainChecks.put(asked);
}

export function domainTold(
  world: World,
  ctx: FoldContext,
  { domainHash, registeredAt }: Extract<Command, { command: 'domain.told' }>,
  cause: Cause,
): CommandOutcome {
  const check = world.domainChecks.get(domainHash);
  if (!check || check.toldAt) return DONE;
  const told = registeredAt === null ? null : new Date(registeredAt);
  world.domainChecks.put({ ...check, toldAt: ctx.now, registeredAt: told });
  if (told === null) return DONE;
  const waiting = Array.from(world.referrals.all()).filter(({ flags }) => flags.includes(UNCHECKED));
  for (const referral of waiting) {
    const referee = world.persons.get(referral.refereeId);
    if (referee?.domainHash === domainHash) decide(world, ctx, referral, referee, cause);
  }
  return DONE;
}

function decide(world: World, ctx: FoldContext, referral: Referral, referee: Person, cause: Cause): void {
  const referrer = world.persons.get(referral.referrerId);
  if (!referrer || (referral.status !== 'pending' && referral.status !== 'completed')) return;
  const said = assessSignup(world, ctx, { referee, referrer, referral }, DOMAIN_AGE);
  const evidence = [...referral.evidence, ...said.findings];
  const next = { ...referral, evidence, flags: without(referral.flags, said) };
  const denied = said.then === 'deny';
  const held = isHeld(evidence);
  world.referrals.put(denied ? { ...next, status: 'denied', reason: said.reason } : { ...next, held });
  suspendBySignal(world, ctx, { said, referrer, refereeId: referee.id }, cause);
  for (const reward of world.rewards.by('referee', referee.id).filter(isUndecided)) {
    const explain = [...reward.explain, ...said.findings];
    const released = !held && !isHeld(explain);
    const decided: Reward = { ...reward, explain, flags: without(reward.flags, said), released };
    if (denied) {
      reject(world, ctx, decided, said.reason ?? 'denied', cause);
      continue;
    }
    world.rewards.put(decided);
    reevaluate(world, ctx, decided, cause);
  }
}

function without(flags: readonly string[], said: Assessment): string[] {
  return [...new Set([...flags.filter((flag) => flag !== UNCHECKED), ...said.flags])];
}

/** By the last word of whatever was asked. */
function isHeld(findings: readonly Finding[]): boolean {
  const last = new Map(findings.map(({ asked, said }) => [asked, said]));
  return Array.from(last).some(([asked, said]) => asked !== ASSESSED && HOLDS.has(said));
}

const HOLDS: ReadonlySet<string> = new Set(['hold', 'suspend']);

function isUndecided({ status, approvedAt, creditedAt, inFlight }: Reward): boolean {
  return status === 'pending' && approvedAt === null && creditedAt === null && inFlight === null;
}
