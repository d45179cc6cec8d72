// Sums divided by scores, for any sum and any scores.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate } from '../../src/fund/allocate.ts';
import { csv } from '../../src/fund/csv.ts';

const scores = fc.uniqueArray(
  fc.record({ key: fc.string({ minLength: 1, maxLength: 6 }), score: fc.bigInt(0n, 10n ** 12n) }),
  { selector: ({ key }) => key, minLength: 1, maxLength: 60 },
);

test('the parts add up to the sum, none is a whole unit off, and the order does not matter', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 14n), scores, (sum, scored) => {
      const parts = allocate(sum, scored);
      const total = scored.reduce((all, { score }) => all + score, 0n);
      const given = [...parts.values()].reduce((all, part) => all + part, 0n);
      expect(given).toBe(total === 0n ? 0n : sum);
      for (const { key, score } of scored) {
        const off = (parts.get(key) ?? 0n) * total - sum * score;
        expect(total === 0n || (off < total && off > -total)).toBe(true);
      }
      expect(new Map(allocate(sum, scored.toReversed()))).toEqual(parts);
    }),
  );
});

test('a cell that a spreadsheet would run is text', () => {
  const rows = [['=1+1', '-2', 'a "b", c', 5, -5n, null]];
  expect(csv(['a', 'b'], rows)).toBe(`a,b\r\n'=1+1,'-2,"a ""b"", c",5,-5,\r\n`);
});
