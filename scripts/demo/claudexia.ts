/**
 * A month of Claudexia: top-ups and renewals, what goes wrong with them, and a billing system that goes away.
 * Promises: pure; the same chance gives the same month. Must never: depend on a clock.
 */
import { type Cast, castOf, signup } from './claudexia-cast.ts';
import { stories } from './claudexia-stories.ts';
import { paddleTopUp } from './paddle-events.ts';
import type { Chance, Person } from './people.ts';
import { DAY_MS, dayTime, type Play, type Step, send } from './step.ts';
import { newTopUp, oldTopUp, renewal } from './stripe-events.ts';
import { dollars, figure, type Tour } from './tour.ts';

/** Whoever signs up later has too little of the month left to pay in it. */
const LAST_SIGNUP_DAY = 18;
const LAST_DAY = 30;

export function claudexia(chance: Chance): Play {
  const cast = castOf(chance);
  const steps = [...cast.referrers, ...cast.others].map((member, index) =>
    signup(cast, member, dayTime(1, 6, index * 7)),
  );
  for (const member of cast.referees) steps.push(...lifeOf(cast, member));
  for (const member of cast.others) steps.push(...topUps(cast, member, dayTime(2)));
  steps.push(...stories(cast));
  return { steps, tour: tourOf(cast) };
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

interface Me {
  readonly delivered: number;
  readonly totals: { readonly earned: number; readonly signups: number; readonly active: number };
}

function tourOf({ referrers }: Cast): Tour {
  const star = referrers[0] as Person;
  return {
    heading: 'Claudexia: 5 % of every top-up, delivered to the product’s billing',
    star,
    credential: 'token',
    figures: [
      figure<Me>(
        '/v1/me',
        ({ delivered, totals }) =>
          `${star.name} brought ${totals.signups} people, ${totals.active} of them paying in the last 30 days, and earned ${dollars(totals.earned)}; billing has ${dollars(delivered)} of it.`,
      ),
    ],
    examples: [
      {
        is: ({ status, reason, flags }) => status === 'pending' && reason === 'held' && flags.includes('velocity'),
        note: 'held, because too many people paid for the first time within a day',
      },
      {
        is: ({ status }) => status === 'failed',
        note: 'billing was away when this one came; it is back, so one approval credits it',
      },
      {
        is: ({ status, reversed_amount: reversed }) => status === 'credited' && reversed > 0,
        note: 'credited, and taken back in part by a refund',
      },
    ],
    requests: [
      { note: 'what the referrer’s page shows', path: '/v1/me' },
      {
        note: 'payments that earned nothing, each with its reason',
        path: '/payments?program=claudexia&earned=false&limit=5',
        isAdmin: true,
      },
    ],
  };
}
