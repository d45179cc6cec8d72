/**
 * A month of BuyWhere: developers who sign up with the service or are told of, their calls, vesting, and who is refused.
 * Promises: pure; the same chance gives the same month. Must never: register more than the ten in an hour that one
 * address may.
 */
import { type Chance, developerOf, type Person, personNamed } from './people.ts';
import { dayTime, type Fact, join, type Play, type Step, used } from './step.ts';
import { figure, type Tour } from './tour.ts';

const HOUR = 12;
const may = (day: number): Date => dayTime(day, HOUR);

export function buywhere(chance: Chance): Play {
  const alice = personNamed('Alice', 'Tan', 1, 'tan-agents.example');
  const ravi = developerOf(chance, 2);
  const developers = Array.from({ length: 12 }, (_, index) => developerOf(chance, 3 + index));
  const steps = [
    { at: may(2), do: 'register', member: alice } as const,
    ...join([ravi], may(2)),
    ...arrivals(alice, ravi, developers),
    ...calls(chance, developers),
    ...refused(chance, alice, developers[0] as Person),
    ...abuse(chance, ravi),
  ];
  return { steps, tour: tourOf(alice) };
}

/** Two sign up with the service itself, the others somewhere else; the last are still vesting when the month ends. */
function arrivals(alice: Person, ravi: Person, developers: readonly Person[]): Step[] {
  const own = developers.slice(0, 2).map((member) => ({ at: may(4), do: 'register', member, codeOf: alice }) as const);
  return [
    ...own,
    ...join(developers.slice(2, 5), may(5), alice),
    ...join(developers.slice(5, 8), may(8), ravi),
    ...join(developers.slice(8, 10), may(15), alice),
    ...join(developers.slice(10), may(28), alice),
  ];
}

/** The gateway counts calls and tells of them in batches; who calls much passes the hundredth on the way. */
function calls(chance: Chance, developers: readonly Person[]): Step[] {
  const counted = (no: number, from: number, to: number, most: number): Fact[] =>
    developers.slice(from, to).flatMap((each) => used([each], no, { quantity: chance.between(1, most) }));
  const batches: readonly { day: number; facts: Fact[] }[] = [
    { day: 5, facts: counted(1, 0, 2, 20) },
    { day: 8, facts: [...used(developers.slice(0, 2), 2, { quantity: 60 }), ...counted(2, 2, 4, 30)] },
    { day: 12, facts: [...used(developers.slice(0, 3), 3, { quantity: 50 }), ...counted(3, 5, 7, 30)] },
    { day: 22, facts: [...used(developers.slice(2, 4), 4, { quantity: 120 }), ...counted(4, 7, 9, 30)] },
    { day: 28, facts: counted(5, 9, 10, 30) },
  ];
  return batches.map(({ day, facts }) => ({ at: may(day), do: 'tell', facts }));
}

/** A colleague of somebody whom the code brought, a colleague of the referrer, and a throw-away mailbox. */
function refused(chance: Chance, alice: Person, developer: Person): Step[] {
  const at = (domain: string, number: number): Person => {
    const { firstName, lastName } = developerOf(chance, number);
    return personNamed(firstName, lastName, number, domain);
  };
  const domainOf = ({ email }: Person) => email.slice(email.indexOf('@') + 1);
  return [
    ...join([at(domainOf(developer), 20)], may(8), alice),
    ...join([at(domainOf(alice), 21)], may(12), alice),
    // The one address that is not reserved for examples, for it has to be on the list of such mailboxes. Nobody mails it.
    ...join([at('mailinator.com', 22)], may(12), alice),
  ];
}

/** One person with two accounts is found out in time: what has not vested yet is taken back. */
function abuse(chance: Chance, ravi: Person): Step[] {
  return [
    ...join([developerOf(chance, 23)], may(20), ravi),
    { at: may(22), do: 'reverse', what: 'vesting', of: ravi, reason: 'The same person with two accounts' },
  ];
}

interface Stats {
  readonly total_referrals: number;
  readonly active_referrals: number;
  readonly credits_earned: number;
  readonly credits_vesting: number;
  readonly credits_available: number;
}

function tourOf(star: Person): Tour {
  return {
    heading: 'BuyWhere: points for signups, first and hundredth calls, each available after 7 days',
    star,
    credential: 'api-key',
    figures: [
      figure<Stats>(
        '/v1/developers/referral-stats',
        (stats) =>
          `${star.name} brought ${stats.total_referrals} developers, ${stats.active_referrals} of them active, and earned ${stats.credits_earned} credits: ${stats.credits_available} available, ${stats.credits_vesting} still vesting.`,
      ),
    ],
    examples: [
      { is: ({ reason }) => reason === 'domain_used', note: 'the second signup from one company' },
      { is: ({ reason }) => reason === 'disposable_email', note: 'a throw-away mailbox' },
      { is: ({ status }) => status === 'reversed', note: 'taken back while it vested' },
      { is: ({ reason }) => reason === 'vesting', note: 'earned, and not available yet' },
    ],
    requests: [
      { note: 'BuyWhere’s own API, with the key that the signup gave her', path: '/v1/developers/referral-stats' },
      { note: '', path: '/v1/developers/referrals?limit=3' },
      { note: '', path: '/v1/developers/referral-code', body: {} },
      { note: 'the same member by Plusone’s API, and the leaderboard', path: '/v1/me' },
      { note: '', path: '/v1/leaderboard' },
    ],
  };
}
