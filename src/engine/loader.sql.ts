/**
 * How a batch reads: rows by whole keys into the tables of the world.
 * Promises: one prepared statement for each table and key, whatever the batch holds. Must never: query once per event.
 */
import type { PoolClient, QueryConfig } from 'pg';
import { binaryArray, type ElementType } from '../db/binary-array.ts';
import type { FoldContext } from '../model/fold.ts';
import type { Table } from '../model/table.ts';
import type { World } from '../model/world.ts';
import { selectSql, type TableSpec } from './tables.sql.ts';

export type Statement = (name: string, text: string, values: unknown[]) => QueryConfig;

export interface Loader {
  readonly client: PoolClient;
  readonly statement: Statement;
  readonly programNo: number;
  readonly world: World;
  readonly ctx: FoldContext;
  /** Ids that a table has been asked for: nobody else writes while the program's lock is held. */
  readonly asked: Map<TableSpec, Set<bigint>>;
}

export async function rows<R = Record<string, unknown>>(
  load: Loader,
  name: string,
  text: string,
  values: unknown[],
): Promise<R[]> {
  const result = await load.client.query(load.statement(name, text, [load.programNo, ...values]));
  return result.rows as R[];
}

export interface By {
  /** Columns of the key, as record fields. */
  readonly by: readonly string[];
  /** One array a column. */
  readonly keys: readonly (readonly unknown[])[];
  /** A further condition and its values. */
  readonly more?: string;
  readonly values?: readonly unknown[];
}

/** The rows have the fields of the table's records: bigint for int8, Date for timestamptz. */
export async function read<R>(load: Loader, spec: TableSpec, { by, keys, more, values = [] }: By): Promise<R[]> {
  if (keys[0]?.length === 0) return [];
  const columns = by.map((field, i) => binaryArray(spec.columns[field] as ElementType, keys[i] ?? []));
  return await rows<R>(load, `load ${spec.name} by ${by.join()} ${more?.length ?? 0}`, selectSql(spec, by, more), [
    ...columns,
    ...values,
  ]);
}

export async function fetch<R>(load: Loader, into: Table<R>, spec: TableSpec, by: By): Promise<R[]> {
  const records = await read<R>(load, spec, by);
  for (const record of records) into.load(record);
  return records;
}

/** Rows by the one column that is the whole key; what is here already, and what is not there, is not asked for again. One at a time for each table. */
export async function fetchById<R>(
  load: Loader,
  into: Table<R>,
  spec: TableSpec,
  ids: Iterable<bigint>,
): Promise<void> {
  const asked = load.asked.get(spec) ?? new Set();
  load.asked.set(spec, asked);
  const unknown = Array.from(new Set(ids)).filter((id) => !asked.has(id) && !into.get(id));
  for (const id of unknown) asked.add(id);
  await fetch(load, into, spec, { by: spec.key, keys: [unknown] });
}

export function personIds(world: World, aliases: Iterable<string>): bigint[] {
  const ids = new Set<bigint>();
  for (const alias of aliases) {
    const known = world.aliases.get(alias);
    if (known) ids.add(known.personId);
  }
  return [...ids];
}
