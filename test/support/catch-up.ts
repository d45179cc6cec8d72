/** Catching up with a provider's own list, as the schedule does it, from ten days before the tests' own day. */
import { vi } from 'vitest';
import type { CaughtUp } from '../../src/jobs/catch-up/run.ts';
import { START, type TestService } from './service.ts';

const SINCE = new Date('2026-04-20T00:00:00Z');

/** Nobody waits for the tries of what a list brought; they are soon done. */
export const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

export async function catchUpOf(service: TestService, options: { whole?: boolean } = {}): Promise<CaughtUp> {
  const [report] = await service.service.catchUp(1, { since: SINCE, ...options });
  // The clock stays; whatever is due or under way comes to its end.
  await service.admin('POST', '/test-clock', { now: START });
  if (!report) throw new Error('no source was asked');
  return report;
}
