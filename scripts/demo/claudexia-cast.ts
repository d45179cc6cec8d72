/**
 * Who is in Claudexia's month.
 * Promises: pure; the same chance, the same people. Must never: depend on a clock.
 */
import type { Money } from './events.ts';
import { type Chance, type Person, personOf } from './people.ts';
import type { Step } from './step.ts';

export interface Cast {
  readonly chance: Chance;
  readonly referrers: readonly Person[];
  readonly referees: readonly Person[];
  /** Nobody referred them: what they pay earns nothing, and says so. */
  readonly others: readonly Person[];
  /** The next person whom nobody has met. */
  newcomer(): Person;
  /** A top-up with its number. */
  pay(payer: Person, at: Date, gross?: number): Money;
}

const REFERRERS = 8;
const REFEREES = 36;
const OTHERS = 4;

export function castOf(chance: Chance): Cast {
  let people = 0;
  let payments = 0;
  const newcomer = () => personOf(chance, ++people);
  const several = (count: number) => Array.from({ length: count }, newcomer);
  const pay = (payer: Person, at: Date, gross = 100 * chance.between(10, 150)): Money => {
    return { no: ++payments, payer, gross, tax: Math.round(gross * 0.16), at };
  };
  return { chance, referrers: several(REFERRERS), referees: several(REFEREES), others: several(OTHERS), newcomer, pay };
}

export function signup({ chance }: Cast, member: Person, at: Date, referrer?: Person): Step {
  return { at, do: 'signup', member, by: chance.next() < 0.5 ? 'clerk' : 'app', codeOf: referrer };
}
