/**
 * Self-referral: the referee is the referrer under another id.
 * Promises: the same member never gets here (attribution and the database refuse it); an address that differs only by
 * case, a plus tag or Gmail's dots is the same. Must never: take a shared public mailbox domain for the same person.
 */
import type { Person, PersonFact } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import type { Signal, Verdict } from '../signal.ts';

type Match = 'member' | 'email' | 'email_domain' | 'ip' | 'fingerprint' | 'instrument';

function shares(world: World, kind: PersonFact['kind'], a: Person, b: Person): boolean {
  return world.facts
    .by('person', a.id)
    .filter((fact) => fact.kind === kind)
    .some((fact) => world.facts.by('value', `${kind}\n${fact.valueHash}`).some((other) => other.personId === b.id));
}

function matches(world: World, by: Match, referee: Person, referrer: Person): boolean {
  switch (by) {
    case 'member':
      return referee.id === referrer.id;
    case 'email':
      return referee.emailHash !== null && referee.emailHash === referrer.emailHash;
    case 'email_domain':
      return !referee.publicMailbox && referee.domainHash !== null && referee.domainHash === referrer.domainHash;
    default:
      return shares(world, by, referee, referrer);
  }
}

export const selfReferral: Signal = {
  name: 'self_referral',
  atSignup(world, _ctx, config, { referee, referrer }): Verdict {
    const asked = config.params.match as readonly Match[];
    const matched = asked.filter((by) => matches(world, by, referee, referrer));
    return { hit: matched.length > 0, saw: { asked, matched } };
  },
};
