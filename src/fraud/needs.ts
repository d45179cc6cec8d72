/**
 * What of the database the signals of a program compare, all together.
 * Promises: a program that names none of them has nothing loaded for them.
 */
import type { Program } from '../model/program.ts';
import type { PersonFact } from '../model/records.ts';
import { signals } from './signals/index.ts';

export interface AllNeeds {
  readonly shared: ReadonlySet<PersonFact['kind']>;
  readonly payers: boolean;
}

const known = new WeakMap<Program, AllNeeds>();

export function needsOf(program: Program): AllNeeds {
  const found = known.get(program);
  if (found) return found;
  const each = program.signals.map((config) => signals.get(config.name)?.needs?.(config) ?? {});
  const needs: AllNeeds = {
    shared: new Set(each.flatMap(({ shared = [] }) => shared)),
    payers: each.some(({ payers = false }) => payers),
  };
  known.set(program, needs);
  return needs;
}
