/**
 * Self-referral: the referee is the referrer under another id.
 * Promises: the same member never gets here (attribution and the database refuse it); an address that differs only by
 * case, a plus tag or Gmail's dots is the same. Must never: take a shared public mailbox domain for the same person, or
 * do more than hold for a network alone: families and offices have one, too.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { Person } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import { isSeen, NETWORK, sharers } from '../shared.ts';
import type { Needs, Signal, Verdict } from '../signal.ts';

type Fact = 'ip' | 'subnet' | 'fingerprint' | 'instrument';
type Match = 'member' | 'email' | 'email_domain' | Fact;

const matchOf = (config: SignalConfig) => config.params.match as readonly Match[];

/** undefined: the source does not carry what it would take. */
function matches(world: World, by: Match, referee: Person, referrer: Person): boolean | undefined {
  switch (by) {
    case 'member':
      return referee.id === referrer.id;
    case 'email':
      return referee.emailHash !== null && referee.emailHash === referrer.emailHash;
    case 'email_domain':
      return !referee.publicMailbox && referee.domainHash !== null && referee.domainHash === referrer.domainHash;
    default:
      if (!isSeen(world, by, referee.id) || !isSeen(world, by, referrer.id)) return undefined;
      return sharers(world, by, referee.id).has(referrer.id);
  }
}

function verdict(world: World, asked: readonly Match[], referee: Person, referrer: Person): Verdict {
  const said = asked.map((by) => [by, matches(world, by, referee, referrer)] as const);
  const matched = said.filter(([, hit]) => hit).map(([by]) => by);
  const unseen = said.filter(([, hit]) => hit === undefined).map(([by]) => by);
  const saw = { asked, matched, ...(unseen.length > 0 && { not_seen: unseen }) };
  const weak = matched.length > 0 && matched.every((by) => NETWORK.has(by));
  return { hit: matched.length > 0, saw, ...(weak && { atMost: 'hold' }) };
}

export const selfReferral: Signal = {
  name: 'self_referral',
  reason: 'self_referral',
  needs(config): Needs {
    return { payers: matchOf(config).includes('instrument') };
  },
  atSignup(world, _ctx, config, { referee, referrer }): Verdict {
    return verdict(world, matchOf(config), referee, referrer);
  },
  /** A card is seen when somebody pays. */
  atPayment(world, _ctx, config, { referee, referrer }): Verdict | undefined {
    return matchOf(config).includes('instrument') ? verdict(world, ['instrument'], referee, referrer) : undefined;
  },
};
