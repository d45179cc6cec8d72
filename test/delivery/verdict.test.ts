// What a round of tries means, as a table: state, outcome, wait, and what the engine is told.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, retryAfterSeconds, slowDelayMs } from '../../src/delivery/backoff.ts';
import { type Claimed, type Round, verdictOf } from '../../src/delivery/verdict.ts';

const NOW = new Date('2026-05-02T00:00:00Z');
const MINUTE_S = 60;

const FRESH: Claimed = {
  id: 1n,
  rewardId: 2n,
  idempotencyKey: 'k',
  sink: 'webhook',
  request: '{}',
  epoch: 1,
  triedOnce: false,
  attempts: 0,
  retries: 0,
  outcome: null,
  firstTryAt: null,
  lapsed: false,
  approved: false,
};

const ago = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS);
const waiting = { ...FRESH, outcome: 'unknown', retries: 2, firstTryAt: ago(1) } as const;
const refused = { ...FRESH, outcome: 'refused', firstTryAt: ago(48), approved: true } as const;
const givenUp = { ...FRESH, outcome: 'unknown', retries: 6, firstTryAt: ago(48), approved: true } as const;

const round = (end: Round['end'], uncertain = false, called = true): Round => ({
  end,
  attempts: [],
  uncertain,
  called,
});
const LATER = { end: 'later', again: true } as const;

function said(claimed: Claimed, made: Round) {
  const { state, outcome, tell, retries, nextTryAt } = verdictOf(claimed, made, NOW);
  const wait = nextTryAt === null ? null : (nextTryAt.getTime() - NOW.getTime()) / 1000;
  return [state, outcome, tell, wait, retries];
}

describe('a round', () => {
  test.each<[string, Claimed, Round, unknown[]]>([
    ['confirmed', FRESH, round({ end: 'confirmed', reference: 'r' }, true), ['confirmed', null, 'confirmed', null, 0]],
    ['taken on for later', FRESH, round({ end: 'accepted' }), ['accepted', null, null, null, 0]],
    ['refused', FRESH, round({ end: 'refused' }), ['refused', 'refused', 'refused', null, 0]],
    [
      'refused after a try that may have arrived',
      FRESH,
      round({ end: 'refused' }, true),
      ['parked', 'unknown', 'unknown', null, 0],
    ],
    ['unknown at first', FRESH, round(LATER, true), ['waiting', 'unknown', 'unknown', MINUTE_S, 1]],
    ['not sent at first', FRESH, round(LATER), ['waiting', 'not_sent', 'unknown', MINUTE_S, 1]],
    ['unknown again: the engine knows', waiting, round(LATER, true), ['waiting', 'unknown', null, 30 * MINUTE_S, 3]],
    ['told when to come back', FRESH, round({ ...LATER, seconds: 90 }), ['waiting', 'not_sent', 'unknown', 90, 0]],
    ['for a person', FRESH, round({ end: 'person' }, true), ['parked', 'unknown', 'unknown', null, 0]],
    [
      'the last of the schedule',
      { ...waiting, retries: 6 },
      round(LATER, true),
      ['parked', 'unknown', 'given_up', null, 6],
    ],
    [
      'a day after the first try',
      { ...waiting, firstTryAt: ago(23) },
      round(LATER, true),
      ['parked', 'unknown', 'given_up', null, 2],
    ],
    [
      'told to come back after a day',
      { ...waiting, firstTryAt: ago(23) },
      round({ ...LATER, seconds: 5 }),
      ['parked', 'not_sent', 'given_up', null, 2],
    ],
    [
      'approved beside the schedule',
      { ...waiting, approved: true },
      round(LATER, true),
      ['waiting', 'unknown', null, 5 * MINUTE_S, 2],
    ],
    ['approved after the queue gave up', givenUp, round(LATER, true), ['parked', 'unknown', 'given_up', null, 6]],
    [
      'approved after a refusal begins anew',
      refused,
      round(LATER, true),
      ['waiting', 'unknown', 'unknown', MINUTE_S, 1],
    ],
    ['cut off by the breaker', FRESH, round(LATER, false, false), ['waiting', 'not_sent', 'unknown', MINUTE_S, 1]],
    [
      'cut off at the end, never tried',
      { ...FRESH, outcome: 'not_sent', retries: 6 },
      round(LATER, false, false),
      ['waiting', 'not_sent', null, 30 * MINUTE_S, 6],
    ],
  ])('%s', (_what, claimed, made, expected) => {
    expect(said(claimed, made)).toEqual(expected);
  });

  test('that the breaker cut off does not start the key’s life', () => {
    expect(verdictOf(FRESH, round(LATER, false, false), NOW).firstTryAt).toBeNull();
    expect(verdictOf(FRESH, round(LATER), NOW).firstTryAt).toEqual(NOW);
    expect(verdictOf(waiting, round(LATER), NOW).firstTryAt).toEqual(ago(1));
  });
});

test('the slow schedule is 1, 5, 30 minutes, 2, 6, 12 hours, under 23 hours in all', () => {
  const delays = Array.from({ length: 7 }, (_, retries) => slowDelayMs(retries));
  expect(delays.map((delay) => delay && delay / 60_000)).toEqual([1, 5, 30, 120, 360, 720, undefined]);
  expect(delays.reduce((sum: number, delay) => sum + (delay ?? 0), 0)).toBeLessThan(23 * HOUR_MS);
});

test.each([
  ['120', 120],
  [' 5 ', 5],
  ['0', 1],
  ['999999999', 12 * 3600],
  ['Sat, 02 May 2026 00:02:00 GMT', 120],
  ['Fri, 01 May 2026 00:00:00 GMT', 1],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j means %j seconds', (header, seconds) => {
  expect(retryAfterSeconds(header, NOW)).toBe(seconds);
});
