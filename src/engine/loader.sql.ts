/**
 * How a batch reads: rows by whole keys into the tables of the world.
 * Promises: one prepared statement for each table and key, whatever the batch holds. Must never: query once per event.
 */
import type { PoolClient, QueryConfig } from 'pg';
import type { FoldContext } from '../model/fold.ts';
import type { Table } from '../model/table.ts';
import type { World } from '../model/world.ts';
import { decode } from './encode.ts';
import { selectSql, type TableSpec } from './tables.sql.ts';

export type Statement = (name: string, text: string, values: unknown[]) => QueryConfig;

export interface Loader {
  readonly client: PoolClient;
  readonly statement: Statement;
  readonly programNo: number;
  readonly world: World;
  readonly ctx: FoldContext;
}

export async function rows(
  load: Loader,
  name: string,
  text: string,
  values: unknown[],
): Promise<Record<string, unknown>[]> {
  const result = await load.client.query(load.statement(name, text, [load.programNo, ...values]));
  return result.rows as Record<string, unknown>[];
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

export async function read(
  load: Loader,
  spec: TableSpec,
  { by, keys, more, values = [] }: By,
): Promise<Record<string, unknown>[]> {
  if (keys[0]?.length === 0) return [];
  return await rows(load, `load ${spec.name} by ${by.join()} ${more?.length ?? 0}`, selectSql(spec, by, more), [
    ...keys,
    ...values,
  ]);
}

export async function fetch<R>(load: Loader, into: Table<R>, spec: TableSpec, by: By): Promise<R[]> {
  const records = (await read(load, spec, by)).map((row) => decode<R>(spec, row));
  for (const record of records) into.load(record);
  return records;
}

export function personIds(world: World, aliases: Iterable<string>): bigint[] {
  const ids = new Set<bigint>();
  for (const alias of aliases) {
    const known = world.aliases.get(alias);
    if (known) ids.add(known.personId);
  }
  return [...ids];
}
