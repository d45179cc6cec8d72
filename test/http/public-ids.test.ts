// Ids as dialects write them: stable, sortable, and telling nothing of ours.
import { createSecretKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPublicIds } from '../../src/http/dialects/ids.ts';

const ids = createPublicIds(createSecretKey(Buffer.alloc(32, 7)));
const of = (id: bigint, at = '2026-03-22T00:00:00Z', programNo = 1) => ({ programNo, id, createdAt: new Date(at) });

test('the same thing has the same id, and every other another', () => {
  expect(ids('ref', of(1n))).toBe(ids('ref', of(1n)));
  expect(ids('ref', of(1n))).toMatch(/^ref_[0-9A-HJKMNP-TV-Z]{26}$/);
  const all = [ids('ref', of(1n)), ids('claim', of(1n)), ids('ref', of(2n)), ids('ref', of(1n, undefined, 2))];
  const tails = all.map((id) => id.slice(-16));
  expect(new Set(tails).size).toBe(4);
  expect(createPublicIds(createSecretKey(Buffer.alloc(32, 8)))('ref', of(1n))).not.toBe(all[0]);
});

test('ids sort by time', () => {
  const times = ['1970-01-01T00:00:00Z', '2025-06-15T00:00:00Z', '2026-03-22T00:00:00Z', '2026-03-22T00:00:00.001Z'];
  const made = times.map((at, index) => ids('ref', of(BigInt(100 - index), at)));
  expect(made.toSorted()).toEqual(made);
  // The example of the ULID packages: ulid(1469918176385).
  expect(ids('ref', of(1n, '2016-07-30T22:36:16.385Z')).slice(4, 14)).toBe('01ARYZ6S41');
});
