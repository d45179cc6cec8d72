/**
 * What of the database the signals of a program compare, all together.
 * Promises: a program that names none of them has nothing loaded for them.
 */
import type { Program } from '../model/program.ts';
import type { PersonFact } from '../model/records.ts';
import type { FigureNeeds } from './signal.ts';
import { signals } from './signals/index.ts';

export interface AllNeeds {
  readonly shared: ReadonlySet<PersonFact['kind']>;
  readonly payers: boolean;
  readonly domains: boolean;
  readonly networks: boolean;
  /** 0: none. */
  readonly clicksWithinMs: number;
  readonly chain: number;
  /** undefined: nothing is counted. */
  readonly figures: FigureNeeds | undefined;
}

const known = new WeakMap<Program, AllNeeds>();

export function needsOf(program: Program): AllNeeds {
  const found = known.get(program);
  if (found) return found;
  const each = program.signals.map((config) => signals.get(config.name)?.needs?.(config) ?? {});
  const figures = each.flatMap((needs) => needs.figures ?? []);
  const needs: AllNeeds = {
    shared: new Set(each.flatMap(({ shared = [] }) => shared)),
    payers: each.some(({ payers = false }) => payers),
    domains: each.some(({ domains = false }) => domains),
    networks: each.some(({ networks = false }) => networks),
    clicksWithinMs: Math.max(0, ...each.map(({ clicksWithinMs = 0 }) => clicksWithinMs)),
    chain: Math.max(0, ...each.map(({ chain = 0 }) => chain)),
    figures: figures.length === 0 ? undefined : Object.assign({}, ...figures),
  };
  known.set(program, needs);
  return needs;
}
