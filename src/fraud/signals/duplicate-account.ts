/**
 * Duplicate account: the referee is somebody who has an account already, whoever referred them.
 * Promises: the elder account is looked for by what the program file names: address as matched, device, card, network.
 * Must never: do more than hold for a network alone; a whole office signs up from one.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { Person, PersonFact } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import { isSeen, NETWORK, sharers } from '../shared.ts';
import type { Needs, Signal, SignupCase, Verdict } from '../signal.ts';

type Match = 'email' | PersonFact['kind'];

const matchOf = (config: SignalConfig) => config.params.match as readonly Match[];

function isElder(other: Person | undefined, referee: Person): boolean {
  if (!other?.signedUpAt || other.id === referee.id || other.mergedInto !== null) return false;
  return other.id < referee.id;
}

function holders(world: World, by: Match, referee: Person): readonly (Person | undefined)[] {
  if (by === 'email') return referee.emailHash === null ? [] : world.persons.by('email', referee.emailHash);
  return Array.from(sharers(world, by, referee.id), (id) => world.persons.get(id));
}

function isKnown(world: World, by: Match, referee: Person): boolean {
  return by === 'email' ? referee.emailHash !== null : isSeen(world, by, referee.id);
}

function verdict(world: World, asked: readonly Match[], { referee }: Pick<SignupCase, 'referee'>): Verdict {
  const matched = asked.filter((by) => holders(world, by, referee).some((other) => isElder(other, referee)));
  const unseen = asked.filter((by) => !isKnown(world, by, referee));
  const saw = { asked, matched, ...(unseen.length > 0 && { not_seen: unseen }) };
  const weak = matched.length > 0 && matched.every((by) => NETWORK.has(by));
  return { hit: matched.length > 0, saw, ...(weak && { atMost: 'hold' }) };
}

export const duplicateAccount: Signal = {
  name: 'duplicate_account',
  reason: 'self_referral',
  needs(config): Needs {
    const shared = matchOf(config).filter((by) => by !== 'email');
    return { shared, payers: shared.includes('instrument') };
  },
  atSignup: (world, _ctx, config, about) => verdict(world, matchOf(config), about),
  /** A card is seen when somebody pays. */
  atPayment: (world, _ctx, config, about) =>
    matchOf(config).includes('instrument') ? verdict(world, ['instrument'], about) : undefined,
};
