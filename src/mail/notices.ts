/**
 * Mails that follow from what the engine decided: a suspension, and what became of an appeal.
 * Promises: read from the rows that the decision left, so that none is lost with a process; each is planned once. Must
 * never: be part of the fold, or write to somebody whose address was erased.
 */
import type { Pools } from '../db/pool.ts';
import { matchEmail } from '../model/email.ts';
import type { LoadedProgram } from '../model/program.ts';
import * as sql from './mails.sql.ts';
import type { NewMail, Outbox } from './outbox.ts';
import { appealMail, suspensionMail } from './templates/suspension.ts';

export interface NoticeOptions {
  readonly pools: Pick<Pools, 'general' | 'statement'>;
  readonly clock: { now(): Promise<Date> };
  readonly outbox: Pick<Outbox, 'plan' | 'appealUrl'>;
  readonly unseal: (programNo: number, version: number, sealed: Buffer) => string;
  /** As persons.email_hash, of an address as matched. */
  readonly hashOf: (loaded: LoadedProgram, address: string) => string;
}

interface Row {
  readonly id: bigint;
  readonly person_id: bigint;
  readonly reason: string | null;
  readonly state: 'granted' | 'refused';
  readonly key_version: number;
  readonly email: Buffer;
}

/** Plans what is not planned yet. */
export async function planNotices(options: NoticeOptions, loaded: LoadedProgram): Promise<void> {
  const { general: pool, statement } = options.pools;
  const [suspended, decided] = await Promise.all([
    pool.query<Row>(statement('suspensions to tell', sql.UNNOTIFIED_SUSPENSIONS, [loaded.no])),
    pool.query<Row>(statement('appeals to tell', sql.UNNOTIFIED_APPEALS, [loaded.no])),
  ]);
  const { program } = loaded;
  for (const row of suspended.rows) {
    const appealUrl = options.outbox.appealUrl(loaded, row.id);
    const to = recipient(options, loaded, row);
    const letter = suspensionMail({ program, reason: row.reason, appealUrl });
    await options.outbox.plan(
      loaded,
      'suspension',
      row.person_id,
      to ? [{ key: `suspension:${row.id}`, to, letter }] : [],
    );
    await pool.query(sql.NOTE_SUSPENSION, [loaded.no, row.id, await options.clock.now()]);
  }
  for (const row of decided.rows) {
    const to = recipient(options, loaded, row);
    const letter = appealMail(program, row.state);
    await options.outbox.plan(loaded, 'appeal', row.person_id, to ? [{ key: `appeal:${row.id}`, to, letter }] : []);
    await pool.query(sql.NOTE_APPEAL, [loaded.no, row.id, await options.clock.now()]);
  }
}

/** undefined: its version of SECRET_KEY is gone. */
export function recipient(
  options: Pick<NoticeOptions, 'unseal' | 'hashOf'>,
  loaded: LoadedProgram,
  row: Pick<Row, 'key_version' | 'email'>,
): NewMail['to'] | undefined {
  try {
    const address = options.unseal(loaded.no, row.key_version, row.email);
    return { address, hash: options.hashOf(loaded, matchEmail(address)?.address ?? address) };
  } catch {
    return undefined;
  }
}
