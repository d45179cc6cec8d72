/**
 * Is a part of a whole below or above a percentage? In whole numbers, without rounding.
 * `rate`: parts per million, as the program file's percentages are read.
 */
const WHOLE = 1_000_000n;

export function isBelow(part: number, whole: number, rate: unknown): boolean {
  return BigInt(part) * WHOLE < BigInt(whole) * (rate as bigint);
}

export function isAbove(part: bigint, whole: bigint, rate: unknown): boolean {
  return part * WHOLE > whole * (rate as bigint);
}
