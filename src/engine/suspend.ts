/**
 * The beginning of a suspension, by an admin or by a signal.
 * Promises: from the same moment nothing becomes the member's any more; what was pending before is forfeited next, by
 * `suspension.settle`. Must never: suspend somebody twice, or leave no line in the audit log.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Person } from '../model/records.ts';
import type { Suspension } from '../model/suspensions.ts';
import type { World } from '../model/world.ts';

type Made = Pick<Suspension, 'reason' | 'detail' | 'by'> & Partial<Pick<Suspension, 'refereeId' | 'evidence'>>;

export function suspend(world: World, ctx: FoldContext, { id }: Person, made: Made): void {
  const person = world.persons.get(id);
  if (!person || person.suspendedAt) return;
  world.persons.put({ ...person, suspendedAt: ctx.now, suspendedReason: made.reason });
  world.suspensions.put({
    id: ctx.nextId(),
    personId: id,
    refereeId: null,
    evidence: [],
    ...made,
    at: ctx.now,
    liftedAt: null,
    liftedBy: null,
  });
}

/** What the fold goes on with in an event of its own, with everything loaded that this one did not need. */
export function carryOn(world: World, ctx: FoldContext, personId: bigint, { triedOnce }: Cause): void {
  const command = { command: 'suspension.settle', personId: String(personId) } as const;
  world.told.put({ id: ctx.nextId(), command, at: ctx.now, triedOnce });
}

/** For what nobody with a name of an admin did. */
export function note(
  world: World,
  ctx: FoldContext,
  { actor, action, target, reason }: { actor: string; action: string; target: string; reason: string | null },
  after: unknown,
): void {
  world.audit.put({ id: ctx.nextId(), at: ctx.now, actor, action, target, reason, before: null, after });
}
