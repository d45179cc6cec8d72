/**
 * Mails that come by the day (what is new) and by the month (its summary), where the program file asks for them.
 * Promises: each period is written about once it is over, to each member at most once, whatever dies in between; who has
 * no news hears nothing. Must never: move money, or hold up what does.
 */
import type pg from 'pg';
import type { LoadedProgram } from '../model/program.ts';
import type { NewMail, Outbox } from './outbox.ts';
import * as sql from './periods.sql.ts';
import { newsMail, summaryMail } from './templates/news.ts';

export interface PeriodOptions {
  readonly pool: pg.Pool;
  readonly clock: { now(): Promise<Date> };
  readonly outbox: Pick<Outbox, 'plan'>;
  readonly publicUrl: string;
  /** undefined: the address cannot be opened any more. */
  readonly recipient: (
    loaded: LoadedProgram,
    row: { readonly key_version: number; readonly email: Buffer },
  ) => NewMail['to'] | undefined;
}

interface Sum {
  readonly unit: string;
  /** Digits: JSON has no bigint. */
  readonly amount: string;
}

interface Row {
  readonly person_id: bigint;
  readonly key_version: number;
  readonly email: Buffer;
  readonly joined: number;
  readonly credited: readonly Sum[];
  readonly held: number;
  readonly expiring: readonly Sum[];
}

const DAY_MS = 86_400_000;
/** So long before its end a credit is said to run out. */
const WARNED_MS = 7 * DAY_MS;

/** Plans what is not planned yet of the last whole day and month. */
export async function planPeriods(options: PeriodOptions, loaded: LoadedProgram): Promise<void> {
  const { mails } = loaded.program;
  if (!mails.news && !mails.summary) return;
  const now = await options.clock.now();
  if (mails.news) {
    const to = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
    const from = new Date(to.getTime() - DAY_MS);
    const runsOut = [new Date(to.getTime() + WARNED_MS), new Date(to.getTime() + WARNED_MS + DAY_MS)];
    const period = from.toISOString().slice(0, 10);
    await planPeriod(options, loaded, { kind: 'news', period, text: sql.NEWS, values: [from, to, ...runsOut], now });
  }
  if (mails.summary) {
    const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth()));
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1));
    const period = from.toISOString().slice(0, 7);
    await planPeriod(options, loaded, { kind: 'summary', period, text: sql.SUMMARY, values: [from, to], now });
  }
}

interface Period {
  readonly kind: 'news' | 'summary';
  readonly period: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly now: Date;
}

async function planPeriod(options: PeriodOptions, loaded: LoadedProgram, given: Period): Promise<void> {
  const { pool, outbox, publicUrl } = options;
  const { kind, period, text, values, now } = given;
  const { rowCount } = await pool.query(sql.IS_DONE, [loaded.no, kind, period]);
  if (rowCount) return;
  const { program } = loaded;
  const base = program.hosts[0] ? `https://${program.hosts[0]}` : `${publicUrl}/p/${program.program}`;
  for (let after = 0n; ; ) {
    const { rows } = await pool.query<Row>(text, [loaded.no, kind, after, ...values]);
    for (const row of rows) {
      const to = options.recipient(loaded, row);
      if (!to) continue;
      const sums = (list: readonly Sum[]) => list.map(({ unit, amount }) => ({ unit, amount: BigInt(amount) }));
      const news = { joined: row.joined, held: row.held, credited: sums(row.credited), expiring: sums(row.expiring) };
      const about = { program, news, period, portalUrl: `${base}/portal` };
      const letter = kind === 'news' ? newsMail(about) : summaryMail(about);
      await outbox.plan(loaded, kind, row.person_id, [{ key: `${kind}:${period}:${row.person_id}`, to, letter }]);
    }
    const last = rows.at(-1);
    if (!last) break;
    after = last.person_id;
  }
  await pool.query(sql.NOTE_DONE, [loaded.no, kind, period, now]);
}
