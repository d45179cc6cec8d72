/**
 * The part of an erasure that is about codes: a code made of a name, or chosen, tells of its member.
 * Promises: its text goes from every place; what the fold reads changes at once, and until every body was looked at the
 * text waits encrypted beside the address; nobody else ever gets it. Must never: hide the code of somebody who is not
 * erased, which the database refuses, too.
 */
import type pg from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { ARE_CODES } from '../engine/erasure.sql.ts';
import { isTelling, spellingsAtProviders, withSpellings, wordInSql } from '../engine/hide-codes.ts';
import { LOCK } from '../engine/lock.sql.ts';
import type { Keyed } from '../model/fold.ts';
import * as sql from './erase-codes.sql.ts';

export interface CodePorts {
  readonly pool: pg.Pool;
  readonly keyed: Keyed;
  readonly keyVersion: number;
  readonly seal: (programNo: number, value: string) => Buffer;
  readonly unseal: (programNo: number, keyVersion: number, sealed: Buffer) => string;
}

/** Puts keyed hashes in the place of the texts, wherever the fold reads them. */
export async function hideCodes(ports: CodePorts, no: number): Promise<void> {
  await withTransaction(ports.pool, async (client) => {
    await client.query(LOCK, [no]);
    const { rows } = await client.query<{ person_id: bigint; codes: string[] }>(sql.SHOWN_CODES, [no]);
    if (rows.length === 0) return;
    const spelled = rows.flatMap((row) => row.codes.flatMap(spellingsAtProviders));
    const taken = await client.query<{ code_key: string }>(ARE_CODES, [no, spelled]);
    const others = new Set(taken.rows.map((row) => row.code_key));
    const sealed = rows.map(({ codes }) => {
      const own = new Map(codes.map((code) => [code, ports.keyed.hiddenCode(code)]));
      return ports.seal(no, JSON.stringify([...withSpellings(own, others)]));
    });
    const persons = rows.map(({ person_id: id }) => id);
    await client.query(sql.KEEP_TEXTS, [no, persons, sealed, ports.keyVersion]);
    const codes = rows.flatMap((row) => row.codes);
    const hidden = codes.map((code) => ports.keyed.hiddenCode(code));
    await client.query(sql.HIDE_CODES, [no, codes, hidden]);
  });
}

export interface WithTexts {
  readonly codes: Buffer | null;
  readonly codes_key_version: number | null;
}

/** The texts that are still to be looked for, with what takes their place. */
export function hiddenCodes(ports: CodePorts, no: number, open: readonly WithTexts[]): ReadonlyMap<string, string> {
  const pairs = open.flatMap(({ codes, codes_key_version: version }) =>
    codes && version !== null ? (JSON.parse(ports.unseal(no, version, codes)) as [string, string][]) : [],
  );
  return new Map(pairs);
}

/** Clicks, explanations, and what people wrote. */
export async function hideWords({ pool }: CodePorts, no: number, codes: ReadonlyMap<string, string>): Promise<void> {
  if (codes.size === 0) return;
  const [texts, hidden] = [[...codes.keys()], [...codes.values()]];
  for (const lock of sql.CLICKS_ARE_COUNTED) await withTransaction(pool, async (client) => await client.query(lock));
  for (const text of sql.HIDE_CLICKS) await pool.query(text, [no, texts, hidden]);
  for (const [code, name] of codes) {
    const stands = isTelling(code) ? wordInSql(code) : `(?<="code":")\\s*${code}\\s*(?=")`;
    for (const text of sql.HIDE_EXPLAINED) await pool.query(text, [no, hidden, stands, name]);
    await pool.query(sql.HIDE_NOTES, [no, stands, name]);
    await pool.query(sql.HIDE_WORDS, [no, stands, name]);
  }
  const words = texts.filter(isTelling).map(wordInSql);
  const exact = texts.map((code) => `"code": ?"${code}"`);
  for (const text of sql.BLANK_SAID) await pool.query(text, [no, hidden, [...words, ...exact]]);
}
