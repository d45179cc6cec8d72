/**
 * A month of Hanzo, from the middle of April, so that a whole 30 days and the first of a month are in it: referrals that
 * count once they are billed, the way to Growth, and its share of what referees pay.
 * Promises: pure; the same chance gives the same month. Must never: depend on a clock.
 */
import type { Money } from './events.ts';
import { type Chance, type Person, personNamed, personOf } from './people.ts';
import { dayTime, join, type Play, type Step, send, used } from './step.ts';
import { newTopUp, renewal, stripeRefund } from './stripe-events.ts';
import { dollars, figure, type Tour } from './tour.ts';

const HOUR = 12;
const april = (day: number): Date => dayTime(day - 30, HOUR);
const may = (day: number): Date => dayTime(day, HOUR);

export function hanzo(chance: Chance): Play {
  const zach = personNamed('Zach', 'Moreno', 1, 'kite-labs.example');
  const friends = Array.from({ length: 15 }, (_, index) => personOf(chance, 2 + index));
  const steps = [
    ...join([zach], april(11)),
    { at: april(12), do: 'act', member: zach, path: '/v1/referrer', body: { channel: 'conference' } } as const,
    ...arrivals(zach, friends),
    ...usage(chance, friends),
    ...payments(chance, friends),
    ...spends(zach, friends[1] as Person),
    ...sameAddress(chance),
  ];
  return { steps, tour: tourOf(zach) };
}

/** Most come with the code; the twelfth claims it afterwards. The last two come too late in the month to count. */
function arrivals(zach: Person, friends: readonly Person[]): Step[] {
  const claimer = friends.slice(11, 12);
  return [
    ...join(friends.slice(0, 5), april(12), zach),
    ...join(friends.slice(5, 11), april(14), zach),
    ...join(claimer, april(14)),
    ...claimer.map(
      (member) => ({ at: april(14), do: 'act', member, path: '/v1/referral/claim', codeOf: zach }) as const,
    ),
    ...join(friends.slice(12, 13), april(15), zach),
    ...join(friends.slice(13), may(20), zach),
  ];
}

/** Ten are billed in time and make Zach a Growth referrer; the twelfth is billed after 30 days, the thirteenth never. */
function usage(chance: Chance, friends: readonly Person[]): Step[] {
  const bill = (no: number, at: Date, from: number, to: number, billable = true): Step => {
    return { at, do: 'tell', facts: used(friends.slice(from, to), no, { quantity: chance.between(1, 40), billable }) };
  };
  return [
    bill(1, april(16), 0, 5),
    bill(2, april(20), 5, 10),
    bill(3, may(8), 10, 11),
    bill(4, may(12), 12, 13, false),
    bill(5, may(15), 11, 12),
  ];
}

/** One payment before Growth, then some of each month; one is refunded in part before it is settled, one afterwards. */
function payments(chance: Chance, friends: readonly Person[]): Step[] {
  let no = 0;
  const pay = (payer: Person, at: Date): Money => {
    const gross = 100 * chance.between(40, 400);
    return { no: ++no, payer, gross, tax: Math.round(gross * 0.16), at };
  };
  const refund = (number: number, money: Money, at: Date) =>
    send(stripeRefund(money, { no: number, amount: Math.round(money.gross / 4), at }), at);
  const [first, second, third, fourth] = friends as readonly [Person, Person, Person, Person];
  const [early, refunded, settled] = [pay(first, april(17)), pay(first, april(21)), pay(second, april(21))];
  const topUps = [early, refunded, settled, pay(first, may(12))];
  const renewals = [april(22), may(22)].flatMap((at) => [pay(third, at), pay(fourth, at)]);
  return [
    ...topUps.flatMap((money) => send(newTopUp(money), money.at)),
    ...renewals.flatMap((money) => send(renewal(money), money.at)),
    ...refund(1, refunded, april(26)),
    ...refund(2, settled, may(5)),
  ];
}

/** A whole welcome credit, and a part of what the referrer has. */
function spends(zach: Person, friend: Person): Step[] {
  const reason = 'API usage';
  return [
    { at: may(12), do: 'spend', member: friend, amount: 2_000, reason },
    { at: may(12), do: 'spend', member: zach, amount: 4_550, reason },
  ];
}

/** A second account from the referrer's own address. */
function sameAddress(chance: Chance): Step[] {
  const noor = personOf(chance, 30);
  const second = { ...personOf(chance, 31), ip: noor.ip };
  return [...join([noor], may(5)), ...join([second], may(8), noor)];
}

interface Profile {
  readonly tier: string;
  readonly credit_balance_cents: number;
  readonly revenue_share_total_cents: number;
  readonly revenue_share_pending_cents: number;
  readonly referrals: { readonly total: number; readonly qualified: number; readonly pending: number };
}

interface Movement {
  readonly kind: string;
  readonly entries: readonly { readonly amount: number }[];
}

function tourOf(star: Person): Tour {
  return {
    heading: 'Hanzo: credits and tiers by referrals that were billed within 30 days, a monthly share of what they pay',
    star,
    credential: 'server-key',
    figures: [
      figure<Profile>(
        '/v1/referrer/me',
        ({ tier, referrals, ...profile }) =>
          `${star.name} is ${tier}: ${referrals.qualified} of ${referrals.total} referrals qualified, ${referrals.pending} may still. April’s shares gave ${dollars(profile.revenue_share_total_cents)}; May’s ${dollars(profile.revenue_share_pending_cents)} wait for the 1st. Balance: ${dollars(profile.credit_balance_cents)}.`,
      ),
      figure<{ data: readonly Movement[] }>('/v1/me/ledger?limit=100', ({ data }) => {
        const spent = data.filter(({ kind }) => kind === 'spend').flatMap(({ entries }) => entries);
        return `Of his credits the product has spent ${dollars(-spent.reduce((sum, { amount }) => sum + amount, 0))} for him.`;
      }),
    ],
    examples: [
      {
        is: ({ rule, status, reversed_amount: reversed }) =>
          rule === 'revenue_share' && status === 'credited' && reversed > 0,
        note: 'a share that a refund made smaller',
      },
      { is: ({ reason }) => reason === 'not_qualified', note: 'billed too late, or never' },
      {
        is: ({ flags, reason }) => flags.includes('self_referral') && reason !== 'qualifying',
        note: 'a second account from the referrer’s own address',
      },
    ],
    requests: [
      { note: 'Hanzo’s own API: the profile, and what the signup page asks', path: '/v1/referrer/me' },
      { note: '', path: '/v1/referrer/code/{code}' },
      { note: 'the same member by Plusone’s API', path: '/v1/me' },
      { note: 'every movement of his balance', path: '/v1/me/ledger?limit=5' },
      {
        note: 'he spends $5.00 of it, once, however often this is sent',
        path: '/v1/credits/spend',
        body: { member_id: star.id, amount: 500, idempotency_key: 'try-1', reason: 'API usage' },
      },
      { note: 'why payments earned nothing', path: '/payments?program=hanzo&earned=false&limit=5', isAdmin: true },
    ],
  };
}
