/**
 * Divides a sum by scores, in whole minor units; pure.
 * Promises: the parts add up to the sum, each is within one unit of its exact share (largest remainder), and equal
 * remainders go by the key, so that the same input gives the same parts. Must never: round.
 */
export interface Scored {
  readonly key: string;
  readonly score: bigint;
}

export function allocate(sum: bigint, scored: readonly Scored[]): ReadonlyMap<string, bigint> {
  const total = scored.reduce((all, { score }) => all + score, 0n);
  if (total === 0n || sum === 0n) return new Map(scored.map(({ key }) => [key, 0n]));
  const parts = scored.map(({ key, score }) => ({
    key,
    part: (sum * score) / total,
    remainder: (sum * score) % total,
  }));
  let left = sum - parts.reduce((all, { part }) => all + part, 0n);
  const order = parts.toSorted((a, b) => {
    if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
    return a.key < b.key ? -1 : 1;
  });
  const given = new Map<string, bigint>();
  for (const { key, part } of order) {
    given.set(key, left > 0n ? part + 1n : part);
    if (left > 0n) left -= 1n;
  }
  return given;
}
