/**
 * What members do by themselves: claim a code, change their own, make links.
 * Promises: refused commands change nothing; a claim that was made once is made once. Must never: let a code pass to
 * another person.
 */
import { freeCode, nextName, nextSeed, primaryCode, putCode, revokePrimary } from '../accounts/codes.ts';
import { ensureMember, personOfMember, takeMember } from '../accounts/persons.ts';
import { codeKeyOf, codeNamed } from '../model/code-names.ts';
import { type Command, type CommandOutcome, type CommandRefusal, DONE, refuse } from '../model/commands.ts';
import type { Cause, FoldContext, FoldEvent } from '../model/fold.ts';
import type { Code, Person } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { evaluatePayment } from './evaluate-payment.ts';
import { evaluateReferral } from './evaluate-referral.ts';
import { evaluateReferralRewards } from './evaluate-rewards.ts';
import { partColleagues } from './part-colleagues.ts';

type MemberCommand = Of<'member.seen' | 'claim.make' | 'code.refresh' | 'code.set' | 'code.revoke' | 'link.make'>;
type Of<C extends Command['command']> = Extract<Command, { command: C }>;

export function handleMemberCommand(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  command: MemberCommand,
): CommandOutcome {
  switch (command.command) {
    case 'member.seen':
      return seen(world, ctx, event, command);
    case 'claim.make':
      return claim(world, ctx, event, command);
    case 'code.refresh':
      return withMember(world, command, (person) => refresh(world, ctx, person, causeOf(ctx, event)));
    case 'code.set':
      return withMember(world, command, (person) => setCode(world, ctx, person, command.code));
    case 'code.revoke':
      return withMember(world, command, (person) => (revokePrimary(world, ctx, person) ? DONE : refuse('no_code')));
    case 'link.make':
      return withMember(world, command, (person) => makeLink(world, ctx, person, command));
  }
}

function seen(world: World, ctx: FoldContext, event: FoldEvent, command: Of<'member.seen'>): CommandOutcome {
  const known = personOfMember(world, command.memberId);
  const person = takeMember(world, ctx, event, { ...command, fact: 'member', change: 'seen', codes: [] });
  const { payments, people } = partColleagues(world, known, person);
  const cause = causeOf(ctx, event);
  for (const { id } of payments) evaluatePayment(world, ctx, id, cause);
  for (const id of people) evaluateReferralRewards(world, ctx, id, cause);
  return DONE;
}

function withMember(
  world: World,
  command: { memberId: string },
  run: (person: Person) => CommandOutcome,
): CommandOutcome {
  const person = personOfMember(world, command.memberId);
  return person && !person.erasedAt ? run(person) : refuse('unknown_member');
}

/** A claim is a signup's code told later: the same rules, and payments made meanwhile count. */
function claim(world: World, ctx: FoldContext, event: FoldEvent, command: Of<'claim.make'>): CommandOutcome {
  const person = ensureMember(world, ctx, command.memberId);
  if (person.erasedAt) return refuse('unknown_member');
  const known = world.referrals.get(person.id);
  const codeKey = codeNamed(world, ctx.keyed, command.code)?.codeKey ?? codeKeyOf(command.code);
  if (known?.codeKey === codeKey) return DONE;
  const claims = [{ code: command.code, carrier: 'claim' }];
  const changed = evaluateReferral(world, ctx, event, person, claims, person.emailVerified !== false);
  if (!changed) return refuse(claimRefusal(world, person, codeKey));
  const cause = causeOf(ctx, event);
  for (const payment of world.payments.by('person', person.id)) evaluatePayment(world, ctx, payment.id, cause);
  evaluateReferralRewards(world, ctx, person.id, cause);
  return DONE;
}

function causeOf(ctx: FoldContext, event: FoldEvent): Cause {
  return { id: event.id, at: ctx.now, triedOnce: event.triedOnce, actor: null, note: null };
}

/** Why a code that was claimed in this batch refers nobody. */
export function claimRefusal(world: World, person: Person, codeKey: string): CommandRefusal {
  const made = Array.from(world.claims.all()).filter((each) => each.personId === person.id && each.codeKey === codeKey);
  return (made.at(-1)?.outcome ?? 'unknown_code') as CommandRefusal;
}

function refresh(world: World, ctx: FoldContext, person: Person, cause: Cause): CommandOutcome {
  const code = freeCode(world, ctx, nextSeed(world, person), nextName(world, ctx, person));
  const old = revokePrimary(world, ctx, person);
  putCode(world, ctx, person, { code, kind: 'primary' });
  if (old && ctx.loaded.program.code.onRefresh === 'close_pending') closePending(world, ctx, person, old, cause);
  return DONE;
}

/** Signups that the old code brought and that are not complete yet end with it. */
function closePending(world: World, ctx: FoldContext, person: Person, { codeKey }: Code, cause: Cause): void {
  for (const referral of world.referrals.by('referrer', person.id)) {
    if (referral.status !== 'pending' || referral.codeKey !== codeKey) continue;
    world.referrals.put({ ...referral, status: 'denied', reason: 'code_refreshed' });
    evaluateReferralRewards(world, ctx, referral.refereeId, cause);
  }
}

/** A vanity code. The one before dies; asking for one's own again changes its spelling only. */
function setCode(world: World, ctx: FoldContext, person: Person, code: string): CommandOutcome {
  const taken = codeNamed(world, ctx.keyed, code);
  const current = primaryCode(world, person.id);
  if (taken && taken.codeKey === current?.codeKey) {
    world.codes.put({ ...taken, code });
    return DONE;
  }
  if (taken) return refuse('code_taken');
  revokePrimary(world, ctx, person);
  putCode(world, ctx, person, { code, kind: 'primary' });
  return DONE;
}

function makeLink(
  world: World,
  ctx: FoldContext,
  person: Person,
  { channel, campaign }: Of<'link.make'>,
): CommandOutcome {
  const known = world.codes
    .by('person', person.id)
    .find((code) => code.kind === 'link' && code.channel === channel && code.campaign === campaign);
  if (known) return DONE;
  const code = freeCode(world, ctx, nextSeed(world, person), undefined);
  putCode(world, ctx, person, { code, kind: 'link', channel, campaign });
  return DONE;
}
