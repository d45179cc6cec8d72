/**
 * Who is in the demo's month, and the steps that it is made of.
 * Promises: pure. Referral codes are made by the service, so a signup only says whose it is. Must never: depend on a
 * clock.
 */
import type { Event, Money } from './events.ts';
import { type Chance, type Person, personOf } from './people.ts';

export type Step = { readonly at: Date } & (
  | { readonly do: 'send'; readonly event: Event }
  | { readonly do: 'signup'; readonly member: Person; readonly by: 'clerk' | 'app'; readonly codeOf?: Person }
  | { readonly do: 'sink'; readonly up: boolean }
  /** The oldest reward that is so: what an admin does about it. */
  | { readonly do: 'approve' | 'reject'; readonly what: 'held' | 'failed'; readonly reason: string }
  | { readonly do: 'rate'; readonly member: Person; readonly rate: string }
);

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

export const MONTH_START = Date.UTC(2026, 4, 1);
export const DAY_MS = 86_400_000;
const REFERRERS = 8;
const REFEREES = 36;
const OTHERS = 4;

export const dayTime = (day: number, hour = 0, minute = 0): Date =>
  new Date(MONTH_START + (day - 1) * DAY_MS + hour * 3_600_000 + minute * 60_000);

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

export function send(events: readonly Event[], at: Date): Step[] {
  return events.map((event) => ({ at, do: 'send', event }));
}
