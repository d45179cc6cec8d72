/**
 * What goes wrong in Claudexia's month, and what is done about it.
 * Promises: pure; each story has people of its own, so that none changes how another ends. Must never: rely on the order
 * in which the stories stand here; the month is sorted by time.
 */
import { type Cast, signup } from './claudexia-cast.ts';
import { paddleRefund, paddleTopUp } from './paddle-events.ts';
import type { Person } from './people.ts';
import { DAY_MS, dayTime, type Step, send } from './step.ts';
import { newTopUp, oldTopUp, stripeDispute, stripeRefund } from './stripe-events.ts';

export function stories(cast: Cast): Step[] {
  return [refunds, disputes, burst, sameAddress, selfReferral, ambassador, tooSmall, outage, lastEvening].flatMap(
    (tell) => tell(cast),
  );
}

const after = (at: Date, days: number): Date => new Date(at.getTime() + days * DAY_MS);

/** Somebody new, brought by one of the referrers. */
function brought(cast: Cast, at: Date, referrer = cast.chance.pick(cast.referrers)): { member: Person; steps: Step[] } {
  const member = cast.newcomer();
  return { member, steps: [signup(cast, member, at, referrer)] };
}

/** In part, whole, before its payment was told, and one that Paddle refuses. */
function refunds(cast: Cast): Step[] {
  const { member, steps } = brought(cast, dayTime(3, 9));
  const [part, whole, early] = [5, 6, 7].map((day) => cast.pay(member, dayTime(day, 14), 8_000));
  const [approved, refused] = [8, 9].map((day) => cast.pay(member, dayTime(day, 14), 6_000));
  if (!part || !whole || !early || !approved || !refused) return steps;
  const refund = (no: number, money: typeof part, amount: number, at: Date) =>
    send(stripeRefund(money, { no, amount, at }), at);
  const adjust = (money: typeof part, status: 'pending_approval' | 'approved' | 'rejected', at: Date) =>
    send(paddleRefund(money, { amount: 3_000, status, at }), at);
  return [
    ...steps,
    ...send(newTopUp(part), part.at),
    ...refund(1, part, 2_000, after(part.at, 2)),
    ...refund(2, part, 1_000, after(part.at, 4)),
    ...send(oldTopUp(whole), whole.at),
    ...refund(3, whole, whole.gross, after(whole.at, 3)),
    ...refund(4, early, 4_000, new Date(early.at.getTime() - 600_000)),
    ...send(newTopUp(early), early.at),
    ...[approved, refused].flatMap((money) => [
      ...send(paddleTopUp(money), money.at),
      ...adjust(money, 'pending_approval', after(money.at, 1)),
    ]),
    ...adjust(approved, 'approved', after(approved.at, 3)),
    ...adjust(refused, 'rejected', after(refused.at, 3)),
  ];
}

/** One is won, one lost, and one still open when the month ends. */
function disputes(cast: Cast): Step[] {
  const { member, steps } = brought(cast, dayTime(4, 10));
  const endings = [
    { day: 8, status: 'won' },
    { day: 9, status: 'lost' },
    { day: 10, status: undefined },
  ];
  for (const { day, status } of endings) {
    const money = cast.pay(member, dayTime(day, 11), 10_000);
    const [opened, closed] = [after(money.at, 6), after(money.at, 14)];
    steps.push(
      ...send(newTopUp(money), money.at),
      ...send(stripeDispute(money, { type: 'created', status: 'needs_response', at: opened }), opened),
    );
    if (status) steps.push(...send(stripeDispute(money, { type: 'closed', status, at: closed }), closed));
  }
  return steps;
}

/** Eight first payments for one referrer in one afternoon: five pass, the others are held; an admin lets one through. */
function burst(cast: Cast): Step[] {
  const referrer = cast.newcomer();
  const steps = [signup(cast, referrer, dayTime(10, 8))];
  for (let n = 0; n < 8; n++) {
    const { member, steps: joined } = brought(cast, dayTime(12, 9, n * 5), referrer);
    const money = cast.pay(member, dayTime(12, 13, n * 20), 2_500);
    steps.push(...joined, ...send(newTopUp(money), money.at));
  }
  return [
    ...steps,
    { at: dayTime(13, 9), do: 'approve', what: 'held', reason: 'Known company, all eight are its staff' },
  ];
}

/** Two signups from the referrer's own address: what they earn waits for a person, who turns the first down. */
function sameAddress(cast: Cast): Step[] {
  const referrer = cast.newcomer();
  const steps = [signup(cast, referrer, dayTime(13, 12))];
  for (const day of [14, 15]) {
    const member = { ...cast.newcomer(), ip: referrer.ip };
    const money = cast.pay(member, dayTime(day + 1, 10), 4_000);
    steps.push(
      { at: dayTime(day, 10), do: 'signup', member, by: 'clerk', codeOf: referrer },
      ...send(oldTopUp(money), money.at),
    );
  }
  return [...steps, { at: dayTime(17, 9), do: 'reject', what: 'held', reason: 'The same household as the referrer' }];
}

/** The same mailbox under another spelling. */
function selfReferral(cast: Cast): Step[] {
  const referrer = cast.newcomer();
  const [login, domain] = referrer.email.split('@');
  const second = { ...cast.newcomer(), email: `${login?.toUpperCase()}+second@${domain}` };
  const money = cast.pay(second, dayTime(7, 12), 5_000);
  return [
    signup(cast, referrer, dayTime(6, 8)),
    signup(cast, second, dayTime(6, 20), referrer),
    ...send(newTopUp(money), money.at),
  ];
}

/** A higher rate for one referrer: what was earned before keeps the old one. */
function ambassador(cast: Cast): Step[] {
  const referrer = cast.newcomer();
  const { member, steps } = brought(cast, dayTime(5, 15), referrer);
  const payments = [8, 20].map((day) => cast.pay(member, dayTime(day, 16), 20_000));
  return [
    signup(cast, referrer, dayTime(4, 18)),
    ...steps,
    { at: dayTime(11, 9), do: 'rate', member: referrer, rate: '8%' },
    ...payments.flatMap((money) => send(paddleTopUp(money), money.at)),
  ];
}

/** Below the 5.00 that the program asks for. */
function tooSmall(cast: Cast): Step[] {
  const { member, steps } = brought(cast, dayTime(9, 9));
  const money = cast.pay(member, dayTime(9, 10), 400);
  return [...steps, ...send(newTopUp(money), money.at)];
}

/** The billing system is away for a day's work; one credit is approved by hand, the queue brings the others by itself. */
function outage(cast: Cast): Step[] {
  const { member, steps } = brought(cast, dayTime(18, 9));
  const payments = [0, 1, 2, 3].map((n) => cast.pay(member, dayTime(21, 10 + n, 15), 5_000));
  return [
    ...steps,
    { at: dayTime(21, 9), do: 'sink', up: false },
    ...payments.flatMap((money) => send(newTopUp(money), money.at)),
    { at: dayTime(21, 17), do: 'sink', up: true },
    { at: dayTime(21, 17, 5), do: 'approve', what: 'failed', reason: 'Billing is back' },
  ];
}

/** It is away again when the month ends: these are left for whoever looks at the demo. */
function lastEvening(cast: Cast): Step[] {
  const { member, steps } = brought(cast, dayTime(19, 9));
  const payments = [0, 1].map((n) => cast.pay(member, dayTime(30, 20 + n), 7_500));
  return [
    ...steps,
    { at: dayTime(30, 19), do: 'sink', up: false },
    ...payments.flatMap((money) => send(newTopUp(money), money.at)),
    { at: dayTime(30, 22), do: 'sink', up: true },
  ];
}
