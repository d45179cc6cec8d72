/**
 * What resolving a program file works with: the file, what this build knows, and how amounts are read.
 * Promises: an amount is an exact bigint in the unit's minor units, or a problem. Must never: decide what a key means.
 */
import { exponentOf, parseDecimal } from '../model/money.ts';
import type { Unit } from '../model/program.ts';
import type { Provider } from '../model/provider.ts';
import type { Path, Problems } from './program-problems.ts';
import type { ProgramFile } from './program-schema.ts';

/** A registry, for what it knows: a Map or a Set. */
export interface Names {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

export type Providers = ReadonlyMap<string, Pick<Provider, 'defaults' | 'refuseSecret' | 'secretPrefixes'>>;

/** What this build can do; without a list, all that the vocabulary has. */
export interface Kinds {
  readonly signals: Names;
  readonly sinks?: Names;
  readonly rules?: Names;
  readonly dialects?: Names;
}

export interface Resolving {
  readonly file: ProgramFile;
  readonly unit: Unit;
  readonly providers: Providers;
  readonly kinds: Kinds;
  readonly problems: Problems;
  /** In minor units; at least `least` of them. Without one currency there are no amounts. */
  readonly amount: (path: Path, text: string, least?: bigint) => bigint;
}

/** `currency: payment` knows the exponent only with each payment; what may be said there is said in hundredths. */
export const DECIMALS_WITHOUT_CURRENCY = 2;
export function amountReader(unit: Unit, problems: Problems): Resolving['amount'] {
  return (path, text, least = 0n) => {
    if (unit.kind === 'money' && unit.currency === 'payment') {
      problems.add(path, 'an amount needs a unit with one currency; with `currency: payment` there are only shares');
      return least;
    }
    return readAmount(problems, path, text, unit.kind === 'points' ? 0 : exponentOf(unit.currency), least);
  };
}

export function readAmount(problems: Problems, path: Path, text: string, decimals: number, least: bigint): bigint {
  try {
    const amount = parseDecimal(text, decimals);
    if (amount < least) problems.add(path, least > 0n ? 'must be more than 0' : 'must not be negative');
    return amount;
  } catch (error) {
    problems.add(path, (error as Error).message);
    return least;
  }
}

export function refuseUnbuilt(
  problems: Problems,
  path: Path,
  what: string,
  name: string,
  known: Names | undefined,
): void {
  if (known && !known.has(name)) problems.add(path, `unknown ${what}; known: ${[...known.keys()].join(', ')}`);
}
