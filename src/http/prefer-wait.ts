/**
 * `Prefer: wait` (RFC 7240), for tests: the answer comes after the event's effects.
 * Promises: only under TEST_CLOCK, and at most 30 s; elsewhere the header is ignored, as the RFC has it. Must never:
 * change what is answered, only when.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Deps } from './deps.ts';

const WAIT_MS_MAX = 30_000;

/** How long to wait, ms; undefined: not at all. */
export function preferredWait(
  headers: IncomingHttpHeaders,
  { testClock }: Pick<Deps['env'], 'testClock'>,
): number | undefined {
  if (!testClock) return undefined;
  for (const preference of String(headers.prefer ?? '').split(',')) {
    const [, seconds] = /^\s*wait(?:\s*=\s*"?(\d{1,6})"?)?\s*(?:;|$)/i.exec(preference) ?? [undefined, null];
    if (seconds !== null) return seconds === undefined ? WAIT_MS_MAX : Math.min(Number(seconds) * 1000, WAIT_MS_MAX);
  }
  return undefined;
}
