/**
 * The test clock, to set and to read.
 * Promises: without TEST_CLOCK it is not there. Must never: be reachable in production; config/env.ts refuses that.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { time } from '../forms.ts';
import { readBody } from '../input.ts';
import { Problem } from '../problems.ts';
import type { Route } from '../routes.ts';

const clockBody = z
  .strictObject({
    now: z.iso
      .datetime({ offset: true, error: 'is not a time such as 2026-05-01T00:00:00Z' })
      .transform((value) => new Date(value)),
  })
  .meta({ id: 'NewTestClock' });
const clockAnswer = z.strictObject({ now: time }).meta({ id: 'TestClock' });

export function testClockRoutes(deps: Pick<Deps, 'env' | 'clock' | 'advanceClock'>): Route[] {
  const underTest = () => {
    if (!deps.env.testClock) throw new Problem('not_found');
  };
  return [
    {
      method: 'get',
      path: '/test-clock',
      credential: 'admin:read',
      summary: 'The test clock; only under TEST_CLOCK',
      answers: clockAnswer,
      handle: async (_req, res) => {
        underTest();
        answer(res, clockAnswer, { now: await deps.clock.now() });
      },
    },
    {
      method: 'post',
      path: '/test-clock',
      credential: 'admin',
      body: 'json',
      summary: 'Sets the test clock, and answers when all that falls due by then is done',
      asks: { body: clockBody },
      answers: clockAnswer,
      refuses: ['clock_backwards'],
      handle: async (req, res) => {
        underTest();
        const { now } = readBody(req, clockBody);
        if ((await deps.advanceClock(now)) === 'clock_backwards') throw new Problem('clock_backwards');
        answer(res, clockAnswer, { now: await deps.clock.now() });
      },
    },
  ];
}
