/**
 * The test clock, to set and to read.
 * Promises: without TEST_CLOCK it is not there. Must never: be reachable in production; config/env.ts refuses that.
 */
import * as z from 'zod';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { Problem } from '../problems.ts';
import type { Route } from '../routes.ts';

const clockBody = z.strictObject({
  now: z.iso
    .datetime({ offset: true, error: 'is not a time such as 2026-05-01T00:00:00Z' })
    .transform((value) => new Date(value)),
});

export function testClockRoutes(deps: Pick<Deps, 'env' | 'clock' | 'advanceClock'>): Route[] {
  const underTest = () => {
    if (!deps.env.testClock) throw new Problem('not_found');
  };
  return [
    {
      method: 'get',
      path: '/test-clock',
      credential: 'admin',
      handle: async (_req, res) => {
        underTest();
        res.json({ now: await deps.clock.now() });
      },
    },
    {
      method: 'post',
      path: '/test-clock',
      credential: 'admin',
      body: 'json',
      handle: async (req, res) => {
        underTest();
        const { now } = readBody(req, clockBody);
        if ((await deps.advanceClock(now)) === 'clock_backwards') throw new Problem('clock_backwards');
        res.json({ now: await deps.clock.now() });
      },
    },
  ];
}
