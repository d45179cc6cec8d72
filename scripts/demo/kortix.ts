/**
 * A month of Kortix: a dollar for each side, somebody who reaches the $100 of a lifetime, a refreshed code, invitations.
 * Promises: pure; the same chance gives the same month. Must never: invite an address that could be somebody's.
 */
import { type Chance, type Person, personNamed, personOf } from './people.ts';
import { dayTime, type Fact, join, joined, type Play, type Step } from './step.ts';
import { dollars, figure, type Tour } from './tour.ts';

const HOUR = 12;
const may = (day: number): Date => dayTime(day, HOUR);

export function kortix(chance: Chance): Play {
  let people = 2;
  const several = (count: number) => Array.from({ length: count }, () => personOf(chance, ++people));
  const kim = personNamed('Kim', 'Larsen', 1, 'northwind.example');
  const lee = personNamed('Lee', 'Novak', 2, 'studio-lumen.example');
  const steps = [
    ...join([kim, lee], may(2)),
    ...toTheLimit(kim, [several(40), several(40), several(23)]),
    ...invitations(lee, several(4)),
    ...refreshed(lee, several(3)),
  ];
  return { steps, tour: tourOf(kim) };
}

/** A course uses Kim's code: 103 people, of whom a hundred earn something. The product tells of each course in a batch. */
function toTheLimit(kim: Person, courses: readonly (readonly Person[])[]): Step[] {
  const days = [4, 12, 20];
  return courses.map((course, index) => {
    const at = may(days[index] ?? 0);
    return { at, do: 'tell', facts: joined(course, at, kim) };
  });
}

/** Four friends are invited, one of them twice; two come. */
function invitations(lee: Person, friends: readonly Person[]): Step[] {
  const emails = friends.map(({ email }) => email);
  const invite = (path: string, day: number, body: object): Step => {
    return { at: may(day), do: 'act', member: lee, path: `/api/v1/referrals/${path}`, body };
  };
  return [
    invite('send-bulk', 4, { emails: [...emails, 'no address'] }),
    invite('send', 5, { email: emails[0] }),
    ...join(friends.slice(0, 1), may(5), lee),
    ...join(friends.slice(1, 2), may(8), lee),
  ];
}

/** Who had not verified their address when the code was refreshed, and who came by the old one, bring nothing. */
function refreshed(lee: Person, [slow, late, next]: readonly Person[]): Step[] {
  if (!slow || !late || !next) return [];
  const verified: Fact = { type: 'member.updated', of: slow, data: { email: slow.email, email_verified: true } };
  return [
    { at: may(8), do: 'tell', facts: joined([slow], may(8), lee, { email_verified: false }) },
    { at: may(12), do: 'act', member: lee, path: '/api/v1/referrals/refresh' },
    { at: may(15), do: 'tell', facts: [verified] },
    { at: may(15), do: 'signup', member: late, by: 'app', codeOf: lee, outdated: true },
    ...join([next], may(15), lee),
  ];
}

interface Stats {
  readonly total_referrals: number;
  readonly successful_referrals: number;
  readonly total_credits_earned: number;
  readonly max_earnable_credits: number;
  readonly remaining_earnable_credits: number;
}

function tourOf(star: Person): Tour {
  return {
    heading: 'Kortix: $1.00 (100 credits) for each side, at most $100 in a lifetime, invitations by mail',
    star,
    credential: 'server-key',
    figures: [
      figure<Stats>(
        '/api/v1/referrals/stats',
        (stats) =>
          `${star.name} brought ${stats.total_referrals} people, ${stats.successful_referrals} of them for credits: ${stats.total_credits_earned} of ${stats.max_earnable_credits} earned (${dollars(stats.total_credits_earned)}), ${stats.remaining_earnable_credits} left to earn.`,
      ),
    ],
    examples: [
      { is: ({ reason }) => reason === 'cap_reached', note: 'beyond the $100 of a lifetime' },
      { is: ({ reason }) => reason === 'code_refreshed', note: 'by a code that was refreshed meanwhile' },
    ],
    requests: [
      { note: 'Kortix’s own API', path: '/api/v1/referrals/stats' },
      { note: '', path: '/api/v1/referrals/history?limit=3&offset=0' },
      { note: '', path: '/api/v1/referrals/validate', body: { code: '{code}' } },
      { note: 'the same member by Plusone’s API', path: '/v1/me' },
    ],
  };
}
