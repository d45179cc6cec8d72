/**
 * A signal that was asked about one referral names others that belong to it: what they bring waits, too.
 * Promises: each is an event of its own, with everything loaded that it touches. Must never: tell of one twice.
 */
import type { Assessment } from '../fraud/signal.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Finding } from '../model/records.ts';
import type { World } from '../model/world.ts';

/** The referral waits from here on, so that it is told of once; what it has earned is looked at next. */
export function holdOthers(world: World, ctx: FoldContext, { also }: Assessment, { triedOnce }: Cause): void {
  for (const { personId, signal } of also) {
    const referral = world.referrals.get(personId);
    if (!referral || referral.flags.includes(signal)) continue;
    if (referral.status !== 'pending' && referral.status !== 'completed') continue;
    const flags = [...referral.flags, signal];
    world.referrals.put({ ...referral, held: true, flags, evidence: [...referral.evidence, found(signal)] });
    const command = { command: 'referral.hold', refereeId: String(personId), signal } as const;
    world.told.put({ id: ctx.nextId(), command, at: ctx.now, triedOnce });
  }
}

export function found(signal: string): Finding {
  return { asked: `signal ${signal}`, saw: { found_with: 'another referral' }, said: 'hold' };
}
