/**
 * Erasing a person, as far as it is the fold's: from this event on nothing about them is taken in.
 * Promises: everybody who was joined into them goes along; their codes die; a keyed hash of each address stays, so that
 * whoever comes back with it earns no second bonus; what a late event brings goes with its body. Must never: touch the
 * ledger or a reward.
 */
import { personOfCustomer, personOfMember } from '../accounts/persons.ts';
import { type Command, type CommandOutcome, DONE, refuse } from '../model/commands.ts';
import { matchEmail } from '../model/email.ts';
import type { Fact, PaymentFact } from '../model/facts.ts';
import type { FoldContext } from '../model/fold.ts';
import type { Payment, Person } from '../model/records.ts';
import type { World } from '../model/world.ts';

/** Why somebody who was erased is referred in vain. */
export const ERASED_BEFORE = 'erased_before';

export function eraseMember(world: World, ctx: FoldContext, memberId: string): CommandOutcome {
  const person = personOfMember(world, memberId);
  if (!person) return refuse('unknown_member');
  if (person.erasedAt) return DONE;
  for (const each of withJoined(world, person)) {
    if (each.emailHash) world.erasedPrints.put({ kind: 'email', valueHash: each.emailHash, personId: each.id });
    world.persons.put({ ...each, ...NOTHING_KNOWN, deletedAt: each.deletedAt ?? ctx.now, erasedAt: ctx.now });
    world.erasures.put({ personId: each.id });
  }
  for (const code of world.codes.by('person', person.id)) {
    world.codes.put({ ...code, channel: null, campaign: null, revokedAt: code.revokedAt ?? ctx.now });
  }
  return DONE;
}

const NOTHING_KNOWN = {
  emailHash: null,
  claimHash: null,
  emailVerified: null,
  domainHash: null,
  orgId: null,
  suspendedReason: null,
  note: null,
} as const;

function withJoined(world: World, person: Person): Person[] {
  return [person, ...world.persons.by('joined', person.id).flatMap((gone) => withJoined(world, gone))];
}

/** Whether the event tells about somebody who is erased: its body goes, and nothing of it stays but what the fold kept. */
export function namesErased(world: World, ctx: FoldContext, fact: Fact, payments: readonly Payment[]): boolean {
  if (payments.some(({ personId }) => personId !== null && isErased(world.persons.get(personId)))) return true;
  switch (fact.fact) {
    case 'member':
    case 'member_deleted':
    case 'usage':
      return isErased(personOfMember(world, fact.memberId));
    case 'customer':
      return isErased(personOfCustomer(world, fact.provider, fact.account, fact.customerId));
    case 'payment':
      return isOfErasedAddress(world, ctx, fact);
    default:
      return false;
  }
}

export function commandNamesErased(world: World, command: Command): boolean {
  return 'memberId' in command && isErased(personOfMember(world, command.memberId));
}

/** An address that nobody has any more, and that somebody who is erased had. */
function isOfErasedAddress(world: World, ctx: FoldContext, { email }: PaymentFact): boolean {
  const matched = email ? matchEmail(email) : undefined;
  const hash = matched && ctx.keyed.hash('email', matched.address);
  return hash !== undefined && wasErased(world, hash) && world.persons.by('email', hash).length === 0;
}

/** Somebody with this address was erased. */
export function wasErased(world: World, emailHash: string | null): boolean {
  return emailHash !== null && world.erasedPrints.get(`email\n${emailHash}`) !== undefined;
}

function isErased(person: Person | undefined): boolean {
  return person?.erasedAt != null;
}
