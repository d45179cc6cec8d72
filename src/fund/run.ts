/**
 * A month's run: from lines and revenue to shares in the ledger and payouts that are planned, in one transaction.
 * Promises: a month is run once, whoever asks and however often; months are run in their order; a dry run does the very
 * same and takes it back. Must never: post anything before every input was read and found sound.
 */
import type pg from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { formatPercent } from '../model/money.ts';
import type { Fund, LoadedProgram } from '../model/program.ts';
import type { RepositoryLines } from './attribute.ts';
import { readPaid } from './base.sql.ts';
import { addPaid, NOTHING_PAID, type Total } from './base.ts';
import { divide, type Granting, grant, type Share, waitsFor } from './distribute.ts';
import { FundFault } from './fault.ts';
import { addPostings, type FundBalances, lockProgram, readBalances, takeIds } from './ledger.sql.ts';
import { type Month, monthOf, nextMonth, startOf } from './months.ts';
import { type NewPayout, payoutKey, payoutRequest } from './payout-request.ts';
import { granted, type Posting, returned, shared } from './postings.ts';
import * as sql from './runs.sql.ts';
import type { Sbom } from './sbom.ts';
import { type Scores, scoresOf } from './tables.ts';

/** Addresses and payout details: hashed to be matched, sealed to be kept. */
export interface FundKeys {
  readonly version: number;
  readonly hash: (loaded: LoadedProgram, address: string) => string;
  readonly seal: (programNo: number, text: string) => Buffer;
  readonly unseal: (programNo: number, version: number, sealed: Buffer) => string;
}

export interface RunPorts {
  readonly pool: pg.Pool;
  readonly keys: FundKeys;
  readonly now: () => Promise<Date>;
}

export interface FundRun {
  readonly loaded: LoadedProgram;
  readonly fund: Fund;
  readonly month: Month;
  readonly sbom: Pick<Sbom, 'format' | 'hash'>;
  readonly lines: readonly RepositoryLines[];
  readonly dryRun: boolean;
}

export interface Ran {
  /** false: the month had its run before, and nothing was changed. */
  readonly isNew: boolean;
  readonly month: Month;
}

/** Thrown to take a dry run back. */
class TakenBack<T> extends Error {
  readonly result: T;
  constructor(result: T) {
    super('dry run');
    this.result = result;
  }
}

/** The month that comes next, and whether it is over. */
export async function nextRun(
  { pool, now }: Pick<RunPorts, 'pool' | 'now'>,
  loaded: LoadedProgram,
  fund: Fund,
): Promise<{ readonly month: Month; readonly isOver: boolean }> {
  const at = await now();
  await pool.query(sql.START, [loaded.no, fund.since ?? monthOf(at), at]);
  const { rows } = await pool.query<{ since: string; last: string | null }>(sql.READ_START, [loaded.no]);
  const [{ since, last } = { since: monthOf(at), last: null }] = rows;
  const month = last === null ? since : nextMonth(last);
  return { month, isOver: startOf(nextMonth(month)) <= at };
}

/** `look` sees what the run wrote, before it is committed or taken back. */
export async function runMonth<T>(
  ports: RunPorts,
  run: FundRun,
  look: (client: pg.PoolClient) => Promise<T>,
): Promise<Ran & { readonly seen: T }> {
  const { loaded, month, dryRun } = run;
  try {
    return await withTransaction(ports.pool, async (client) => {
      await lockProgram(client, loaded.no);
      const known = await client.query(sql.READ_RUN, [loaded.no, month]);
      if (known.rows.length > 0) return { isNew: false, month, seen: await look(client) };
      await write(ports, run, client);
      const ran = { isNew: true, month, seen: await look(client) };
      if (dryRun) throw new TakenBack(ran);
      return ran;
    });
  } catch (error) {
    if (error instanceof TakenBack) return error.result as Ran & { seen: T };
    throw error;
  }
}

async function write(ports: RunPorts, run: FundRun, client: pg.PoolClient): Promise<void> {
  const { loaded, fund, month, lines } = run;
  const now = await ports.now();
  const { since, last, unit } = (await client.query(sql.READ_START, [loaded.no])).rows[0] as {
    since: string;
    last: string | null;
    unit: string | null;
  };
  // What is owed and kept stands in it, and what earlier runs counted is taken from the total.
  if (unit !== null && unit !== fund.currency)
    throw new FundFault(
      `unit.currency: is ${fund.currency}, and ${last} was run in ${unit}: a fund keeps its currency`,
    );
  const wanted = last === null ? since : nextMonth(last);
  if (month !== wanted) throw new FundFault(`${month} is not the next month to run: ${wanted} is`);
  if (!run.dryRun && startOf(nextMonth(month)) > now) throw new FundFault(`${month} is not over`);
  const before = await readBalances(client, loaded.no, fund.currency);
  const expired = (await client.query<{ id: bigint; amount: bigint }>(sql.EXPIRED, [loaded.no, now])).rows;
  const scores = scoresOf(lines, (address) => ports.keys.hash(loaded, address));
  const contributors = await knowIdentities(ports, run, client, scores, now);
  const total = await readTotal(client, run, since);
  const granting = await grantOf(client, run, total);
  const back = expired.reduce((sum, { amount }) => sum + amount, 0n);
  const scored = scores.identities.map((each) => ({ ...each, contributorId: contributors.get(each.identity) ?? null }));
  const shares = divide(fund, before.fund + back + granting.granted, scored, now);
  const nextId = await takeIds(client, 2 + expired.length + 2 * shares.length);
  const runId = nextId();
  const posted: Posting[] = [
    ...expired.map(({ id, amount }) => returned(nextId(), id, amount)),
    granted(nextId(), runId, granting.granted),
  ];
  const withIds = shares.map((share) => ({ ...share, id: nextId() }));
  posted.push(...withIds.map(({ id, contributorId, amount }) => shared(nextId(), id, contributorId, amount)));
  await addPostings(client, loaded.no, fund.currency, posted, now);
  await addRun(client, run, { runId, total, granting, carried: before.fund, back, shares, now });
  await addLines(client, run, scores);
  await addShares(client, run, withIds);
  await planPayouts(ports, run, client, await readBalances(client, loaded.no, fund.currency), now);
}

async function knowIdentities(
  { keys }: RunPorts,
  { loaded: { no } }: FundRun,
  client: pg.PoolClient,
  { identities }: Scores,
  now: Date,
): Promise<ReadonlyMap<string, bigint>> {
  await client.query(sql.ADD_IDENTITIES, [
    no,
    keys.version,
    now,
    identities.map(({ identity }) => identity),
    identities.map(({ address }) => keys.seal(no, address)),
    identities.map(({ name }) => keys.seal(no, name)),
  ]);
  const { rows } = await client.query<{ identity: string; contributor_id: bigint | null }>(sql.KNOWN_IDENTITIES, [
    no,
    identities.map(({ identity }) => identity),
  ]);
  return new Map(rows.flatMap((row) => (row.contributor_id === null ? [] : [[row.identity, row.contributor_id]])));
}

/** Everything since the fund began, so that late payments and refunds find their way. */
async function readTotal(client: pg.PoolClient, run: FundRun, since: Month): Promise<Total> {
  const { program, no } = run.loaded;
  const span = { mode: program.mode, from: startOf(since), before: startOf(nextMonth(run.month)) };
  let total = NOTHING_PAID;
  for await (const row of readPaid(client, no, span)) total = addPaid(total, program, run.fund.currency, row);
  return total;
}

async function grantOf(client: pg.PoolClient, { loaded, fund }: FundRun, { total }: Total): Promise<Granting> {
  const { rows } = await client.query<{ counted: bigint }>(sql.COUNTED, [loaded.no]);
  return grant(fund.share, total, rows[0]?.counted ?? 0n);
}

interface Figures {
  readonly runId: bigint;
  readonly total: Total;
  readonly granting: Granting;
  readonly carried: bigint;
  readonly back: bigint;
  readonly shares: readonly Share[];
  readonly now: Date;
}

async function addRun(client: pg.PoolClient, run: FundRun, figures: Figures): Promise<void> {
  const { loaded, fund, month, sbom, lines } = run;
  const { runId, total, granting, carried, back, shares, now } = figures;
  const explain = {
    sbom: sbom.format,
    share: formatPercent(fund.share),
    of: 'referred_net',
    minimum_payout: Number(fund.minimumPayout),
    payments: total.payments,
    payments_without_rate: total.withoutRate,
    components: fund.components.map(({ name, weight }) => ({ name, weight: Number(weight) / 1000 })),
    repositories: lines.map(({ counted: _counted, leftOut, ...about }) => ({ ...about, left_out: leftOut })),
  };
  await client.query(sql.ADD_RUN, [
    ...[loaded.no, month, runId, loaded.version, fund.currency],
    ...[total.total, granting.base, fund.share, granting.granted, carried, back],
    shares.reduce((sum, { amount }) => sum + amount, 0n),
    ...[sbom.hash, JSON.stringify(explain), now],
  ]);
}

async function addLines(client: pg.PoolClient, { loaded, month }: FundRun, { lines }: Scores): Promise<void> {
  await client.query(sql.ADD_LINES, [
    loaded.no,
    month,
    lines.map(({ repository }) => repository),
    lines.map(({ component }) => component),
    lines.map(({ identity }) => identity),
    lines.map(({ weight }) => weight),
    lines.map((each) => each.lines),
  ]);
}

async function addShares(
  client: pg.PoolClient,
  { loaded, month }: FundRun,
  shares: readonly (Share & { readonly id: bigint })[],
): Promise<void> {
  await client.query(sql.ADD_SHARES, [
    loaded.no,
    month,
    shares.map(({ id }) => id),
    shares.map(({ identity }) => identity),
    shares.map(({ contributorId }) => contributorId),
    shares.map(({ score }) => score),
    shares.map(({ amount }) => amount),
    shares.map(({ keepUntil }) => keepUntil),
  ]);
}

interface PayableRow {
  readonly id: bigint;
  readonly github_username: string;
  readonly key_version: number | null;
  readonly details: Buffer | null;
  readonly has_open: boolean;
}

/** All that is owed, to whom it can be paid and is worth it. */
async function planPayouts(
  { keys }: RunPorts,
  { loaded, fund, month }: FundRun,
  client: pg.PoolClient,
  { owed }: FundBalances,
  at: Date,
): Promise<void> {
  const { no, program } = loaded;
  const { rows } = await client.query<PayableRow>(sql.PAYABLE, [no]);
  const ready = rows.filter(({ id, details, has_open: hasOpenPayout }) => {
    const each = { contributorId: id, owed: owed.get(id) ?? 0n, hasDetails: details !== null, hasOpenPayout };
    return waitsFor(fund, each) === null;
  });
  if (ready.length === 0) return;
  const nextId = await takeIds(client, ready.length);
  const payouts = ready.map(
    (row): NewPayout => ({
      id: nextId(),
      program: program.program,
      month,
      contributorId: row.id,
      username: row.github_username,
      amount: owed.get(row.id) ?? 0n,
      currency: fund.currency,
      details: JSON.parse(keys.unseal(no, row.key_version as number, row.details as Buffer)),
      at,
    }),
  );
  await client.query(sql.ADD_PAYOUTS, [
    ...[no, month, fund.currency, fund.sink.kind, at],
    payouts.map(({ id }) => id),
    payouts.map(({ contributorId }) => contributorId),
    payouts.map(({ amount }) => amount),
    payouts.map(payoutKey),
    payouts.map(() => keys.version),
    payouts.map((payout) => keys.seal(no, payoutRequest(payout))),
  ]);
}
