/**
 * A signal whose `then` is `suspend` has spoken of a referrer.
 * Promises: the suspension keeps what the signals saw, and stands in the audit log under the signal's name.
 */
import type { Assessment } from '../fraud/signal.ts';
import { reasonOf } from '../fraud/signals/index.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Person } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { carryOn, note, suspend } from './suspend.ts';

export function suspendBySignal(
  world: World,
  ctx: FoldContext,
  { said, referrer, refereeId }: { said: Assessment; referrer: Person; refereeId: bigint | null },
  cause: Cause,
): void {
  if (said.then !== 'suspend' || world.persons.get(referrer.id)?.suspendedAt) return;
  const evidence = said.findings.filter((finding) => finding.said === 'suspend');
  const by = evidence[0]?.asked ?? 'signal';
  const reason = reasonOf(by.slice('signal '.length));
  suspend(world, ctx, referrer, { reason, detail: null, by, refereeId, evidence });
  note(world, ctx, { actor: by, action: 'member.suspend', target: referrer.memberId, reason }, { evidence });
  carryOn(world, ctx, referrer.id, cause);
}
