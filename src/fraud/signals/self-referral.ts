/**
 * Self-referral: the referee is the referrer under another id.
 * Promises: the same member never gets here (attribution and the database refuse it); an address that differs only by
 * case, a plus tag or Gmail's dots is the same; an address that the program file names counts as far as it says. Must
 * never: take a shared public mailbox domain for the same person, or do more than hold for a neighbourhood (`subnet`) or
 * an office alone: an address at which people sign up whom the referrer did not bring.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { Person } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import { isSeen, sharers } from '../shared.ts';
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

/** So many at one address whom the referrer did not bring are no household. */
const OFFICE_FROM = 3;

function strangersAt(world: World, referee: Person, referrer: Person): number {
  const others = [...sharers(world, 'ip', referee.id)].filter((id) => id !== referrer.id);
  return others.filter((id) => world.referrals.get(id)?.referrerId !== referrer.id).length;
}

function verdict(world: World, asked: readonly Match[], referee: Person, referrer: Person): Verdict {
  const said = asked.map((by) => [by, matches(world, by, referee, referrer)] as const);
  const matched = said.filter(([, hit]) => hit).map(([by]) => by);
  const unseen = said.filter(([, hit]) => hit === undefined).map(([by]) => by);
  const strangers = matched.includes('ip') ? strangersAt(world, referee, referrer) : 0;
  const saw = {
    asked,
    matched,
    ...(unseen.length > 0 && { not_seen: unseen }),
    ...(strangers > 0 && { others_at_address: strangers }),
  };
  const isWeak = (by: Match) => by === 'subnet' || (by === 'ip' && strangers >= OFFICE_FROM);
  const weak = matched.length > 0 && matched.every(isWeak);
  return { hit: matched.length > 0, saw, ...(weak && { atMost: 'hold' }) };
}

export const selfReferral: Signal = {
  name: 'self_referral',
  reason: 'self_referral',
  needs(config): Needs {
    const match = matchOf(config);
    return { payers: match.includes('instrument'), ...(match.includes('ip') && { shared: ['ip'] }) };
  },
  atSignup(world, _ctx, config, { referee, referrer }): Verdict {
    return verdict(world, matchOf(config), referee, referrer);
  },
  /** A card is seen when somebody pays. */
  atPayment(world, _ctx, config, { referee, referrer }): Verdict | undefined {
    return matchOf(config).includes('instrument') ? verdict(world, ['instrument'], referee, referrer) : undefined;
  },
};
