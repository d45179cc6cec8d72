/**
 * The course of a suspension: what it forfeits, who reports and appeals, and what its lifting gives back.
 * Promises: page by page, in whatever order with payments, refunds and vesting, each reward is forfeited once and
 * restored once; an appeal is decided once. Must never: restore anything without a person's name on it.
 */
import { personOfMember } from '../accounts/persons.ts';
import { forfeitPending, isForfeitable, liftedFinding, restoreForfeit, suspicionOf } from '../ledger/forfeits.ts';
import { codeNamed } from '../model/code-names.ts';
import { type Command, type CommandOutcome, DONE, refuse } from '../model/commands.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Person } from '../model/records.ts';
import type { Appeal } from '../model/suspensions.ts';
import type { World } from '../model/world.ts';
import { reevaluate } from './reevaluate.ts';
import { carryOn, note, suspend } from './suspend.ts';

type Of<C extends Command['command']> = Extract<Command, { command: C }>;
export type SuspensionCommand = Of<
  'suspension.settle' | 'report.make' | 'appeal.make' | 'appeal.grant' | 'appeal.refuse'
>;

/** Rewards taken or given back by one event; load-suspensions reads as many. */
export const PAGE = 500;
/** An appeal is answered within so many working days. */
const DAYS_TO_ANSWER = 5;
const DAY_MS = 86_400_000;

export function handleSuspensionCommand(
  world: World,
  ctx: FoldContext,
  command: SuspensionCommand,
  cause: Cause,
): CommandOutcome {
  switch (command.command) {
    case 'suspension.settle':
      settleSuspension(world, ctx, BigInt(command.personId), cause);
      return DONE;
    case 'report.make':
      return report(world, ctx, command);
    case 'appeal.make':
      return appeal(world, ctx, command);
    case 'appeal.grant':
    case 'appeal.refuse':
      return decide(world, ctx, command, cause);
  }
}

/** `suspended` of an admin's patch. */
export function patchSuspension(world: World, ctx: FoldContext, command: Of<'member.patch'>, cause: Cause): void {
  const person = personOfMember(world, command.memberId);
  if (!person) return;
  const { suspended, suspendedReason, suspendedDetail: detail = null, actor } = command;
  if (suspended === false) {
    if (person.suspendedAt) lift(world, ctx, person, cause);
    return;
  }
  if (suspended && !person.suspendedAt) {
    suspend(world, ctx, person, { reason: suspendedReason ?? null, detail, by: actor });
    settleSuspension(world, ctx, person.id, cause);
  } else if (person.suspendedAt && suspendedReason !== undefined) {
    world.persons.put({ ...person, suspendedReason });
  }
}

/** The next page of what a suspension takes or, once it is lifted, gives back. */
function settleSuspension(world: World, ctx: FoldContext, personId: bigint, cause: Cause): void {
  const person = world.persons.get(personId);
  if (!person) return;
  const done = person.suspendedAt ? forfeit(world, ctx, person, cause) : restore(world, ctx, person, cause);
  if (done === PAGE) carryOn(world, ctx, personId, cause);
}

function forfeit(world: World, ctx: FoldContext, suspended: Person, cause: Cause): number {
  const { suspendedAt } = suspended;
  for (const code of world.codes.by('person', suspended.id))
    if (!code.suspendedAt) world.codes.put({ ...code, suspendedAt });
  const waiting = world.rewards.by('person', suspended.id).filter((reward) => reward.status === 'pending');
  const pending = waiting.filter(isForfeitable).slice(0, PAGE);
  for (const reward of pending) forfeitPending(world, ctx, reward, reward.postedAmount, { suspended, cause });
  return pending.length;
}

function restore(world: World, ctx: FoldContext, person: Person, cause: Cause): number {
  const taken = world.forfeits.by('live', person.id).slice(0, PAGE);
  for (const forfeited of taken) {
    const reward = world.rewards.get(forfeited.rewardId);
    if (!reward) throw new Error(`bug: forfeited reward ${forfeited.rewardId} was not loaded`);
    clear(world, person, reward.refereeId, cause);
    reevaluate(world, ctx, restoreForfeit(world, ctx, reward, forfeited, cause), cause);
  }
  return taken.length;
}

/** The referral of which a signal spoke holds no more by that signal. */
function clear(world: World, { id }: Person, refereeId: bigint, cause: Cause): void {
  const referral = world.referrals.get(refereeId);
  if (referral?.referrerId !== id || !suspicionOf(referral.evidence)) return;
  const evidence = [...referral.evidence, liftedFinding(cause)];
  world.referrals.put({ ...referral, evidence, held: referral.evidence.some(({ said }) => said === 'hold') });
}

function lift(world: World, ctx: FoldContext, person: Person, cause: Cause): void {
  world.persons.put({ ...person, suspendedAt: null, suspendedReason: null });
  const began = person.suspendedAt?.getTime();
  for (const code of world.codes.by('person', person.id))
    if (code.suspendedAt?.getTime() === began) world.codes.put({ ...code, suspendedAt: null });
  for (const suspension of world.suspensions.by('live', person.id)) {
    world.suspensions.put({ ...suspension, liftedAt: ctx.now, liftedBy: cause.actor });
    if (suspension.refereeId !== null) clear(world, person, suspension.refereeId, cause);
    for (const open of world.appeals.by('suspension', suspension.id))
      if (open.state === 'open') world.appeals.put(decided(ctx, open, 'granted', cause));
  }
  settleSuspension(world, ctx, person.id, cause);
}

function decided(ctx: FoldContext, open: Appeal, state: Appeal['state'], { actor, note: said }: Cause): Appeal {
  return { ...open, state, decidedAt: ctx.now, decidedBy: actor, note: said };
}

function decide(
  world: World,
  ctx: FoldContext,
  { command, appealId }: Of<'appeal.grant' | 'appeal.refuse'>,
  cause: Cause,
): CommandOutcome {
  const open = world.appeals.get(BigInt(appealId));
  if (!open) return refuse('unknown_appeal');
  if (open.state !== 'open') return refuse('appeal_decided');
  if (command === 'appeal.refuse') {
    world.appeals.put(decided(ctx, open, 'refused', cause));
    return DONE;
  }
  const person = world.persons.get(open.personId);
  if (!person?.suspendedAt) return refuse('not_suspended');
  lift(world, ctx, person, cause);
  return DONE;
}

/** One for each suspension: made again, it is the one that was made. */
function appeal(world: World, ctx: FoldContext, { suspensionId, message }: Of<'appeal.make'>): CommandOutcome {
  const suspension = world.suspensions.get(BigInt(suspensionId));
  const person = suspension && world.persons.get(suspension.personId);
  if (!person || suspension.liftedAt) return refuse('not_suspended');
  if (world.appeals.by('suspension', suspension.id).length > 0) return DONE;
  const made: Appeal = {
    id: ctx.nextId(),
    suspensionId: suspension.id,
    personId: person.id,
    message,
    state: 'open',
    createdAt: ctx.now,
    dueAt: workingDaysAfter(ctx.now, DAYS_TO_ANSWER),
    decidedAt: null,
    decidedBy: null,
    note: null,
  };
  world.appeals.put(made);
  const said = { actor: `member ${person.memberId}`, action: 'appeal.make', target: person.memberId, reason: null };
  note(world, ctx, said, { appeal: `ap_${made.id}`, state: made.state, due_at: made.dueAt });
  return DONE;
}

function report(world: World, ctx: FoldContext, { code, reason, message }: Of<'report.make'>): CommandOutcome {
  const found = codeNamed(world, ctx.keyed, code);
  if (!found) return refuse('unknown_code');
  const { codeKey, personId } = found;
  const about = world.persons.get(personId);
  const id = ctx.nextId();
  // Of somebody who is erased nothing is written down any more.
  const said = about?.erasedAt ? null : message;
  world.reports.put({ id, personId, codeKey, reason, message: said, createdAt: ctx.now });
  note(
    world,
    ctx,
    { actor: 'anyone', action: 'report.make', target: about?.memberId ?? '', reason },
    { code: found.code },
  );
  return DONE;
}

/** As audit rows show an appeal. */
export function shownAppeal(world: World, appealId: string): Record<string, unknown> | null {
  const found = world.appeals.get(BigInt(appealId));
  const person = found && world.persons.get(found.personId);
  return found ? { appeal: `ap_${appealId}`, state: found.state, suspended_at: person?.suspendedAt } : null;
}

export function appellantOf(world: World, appealId: string): string {
  const found = world.appeals.get(BigInt(appealId));
  return (found && world.persons.get(found.personId)?.memberId) ?? '';
}

/** Monday to Friday, UTC. */
export function workingDaysAfter(from: Date, days: number): Date {
  let at = from;
  for (let left = days; left > 0; ) {
    at = new Date(at.getTime() + DAY_MS);
    const day = at.getUTCDay();
    if (day !== 0 && day !== 6) left--;
  }
  return at;
}
