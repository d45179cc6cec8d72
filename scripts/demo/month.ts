/**
 * A month of Claudexia: what happens when, from a seed.
 * Promises: pure and in order of time; the same seed gives the same month. Must never: depend on a clock.
 */
import { type Cast, castOf, DAY_MS, dayTime, type Step, send, signup } from './cast.ts';
import { paddleTopUp } from './paddle-events.ts';
import { chanceOf, type Person } from './people.ts';
import { stories } from './stories.ts';
import { newTopUp, oldTopUp, renewal } from './stripe-events.ts';

/** Whoever signs up later has too little of the month left to pay in it. */
const LAST_SIGNUP_DAY = 18;
const LAST_DAY = 30;

export function monthOf(seed: number): readonly Step[] {
  const cast = castOf(chanceOf(seed));
  const steps = [...cast.referrers, ...cast.others].map((member, index) =>
    signup(cast, member, dayTime(1, 6, index * 7)),
  );
  for (const member of cast.referees) steps.push(...lifeOf(cast, member));
  for (const member of cast.others) steps.push(...topUps(cast, member, dayTime(2)));
  steps.push(...stories(cast));
  return steps.sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** Signs up with somebody's code, then tops up or renews a subscription until the month is over. */
function lifeOf(cast: Cast, member: Person): Step[] {
  const { chance, referrers } = cast;
  const at = dayTime(chance.between(1, LAST_SIGNUP_DAY), chance.between(8, 20), chance.between(0, 59));
  // The earlier a referrer stands in the list, the more they bring.
  const referrer = referrers[Math.floor(referrers.length * chance.next() ** 2)] as Person;
  const payments = chance.next() < 0.3 ? renewals(cast, member, at) : topUps(cast, member, at);
  return [signup(cast, member, at, referrer), ...payments];
}

const WEEK_DAYS = 7;

function renewals(cast: Cast, member: Person, from: Date): Step[] {
  const gross = 100 * cast.chance.pick([19, 29, 49]);
  const steps: Step[] = [];
  for (
    let at = new Date(from.getTime() + 3_600_000);
    at < dayTime(LAST_DAY);
    at = new Date(at.getTime() + WEEK_DAYS * DAY_MS)
  ) {
    steps.push(...send(renewal(cast.pay(member, at, gross)), at));
  }
  return steps;
}

function topUps(cast: Cast, member: Person, from: Date): Step[] {
  const { chance } = cast;
  const bill = chance.pick([oldTopUp, newTopUp, newTopUp, paddleTopUp]);
  const steps: Step[] = [];
  let at = from;
  for (;;) {
    at = new Date(at.getTime() + chance.between(60, 9 * 24 * 60) * 60_000);
    if (at >= dayTime(LAST_DAY)) return steps;
    const sent = send(bill(cast.pay(member, at)), at);
    // Some senders send twice; the second time changes nothing.
    steps.push(...sent, ...(chance.next() < 0.1 ? sent : []));
  }
}
