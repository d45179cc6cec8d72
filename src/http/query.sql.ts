/**
 * What all reads here share: running one statement, and filters as SQL.
 * Promises: values travel as bindings only; a condition without a value falls away. Must never: put anything of a
 * request into the text.
 */
import type { Knex } from 'knex';

/** knex's own types know no bigint; pg writes it as digits and reads int8 as one. */
export async function select<Row>(knex: Knex, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const { rows } = await knex.raw(text, values as Knex.RawBinding[]);
  return rows;
}

export interface Conditions {
  /** Each begins with `and`. */
  readonly text: string;
  readonly values: readonly unknown[];
}

/** `['r.status = ?', status]`; a list of values for several question marks, an empty one for none. */
export type Condition = readonly [text: string, value: unknown];

export function conditions(given: readonly Condition[]): Conditions {
  const set = given.filter(([, value]) => value !== undefined);
  return { text: set.map(([text]) => ` and ${text}`).join(''), values: set.flatMap(([, value]) => value) };
}
