/**
 * `verify`: the ledger proved from its entries, and the chains of seals over it, over decisions and over the audit.
 * Promises: adds everything up anew; names the first row that does not agree; changes nothing. Must never: say that a
 * ledger is right of which only a part was looked at; what is not sealed yet is counted.
 */
import { ConfigError } from '../config/env.ts';
import { type Difference, findDifferences } from '../http/admin/ledger-check.sql.ts';
import type { Chain } from '../jobs/seal.sql.ts';
import { AUDIT } from '../jobs/seal.ts';
import { type Broken, type Head, headKey, type Intact, type SealReport, verifySeals } from '../jobs/seal-verify.ts';
import { findLoose, type Loose } from './cli.sql.ts';
import { type Cli, Failed, type OpenDatabase } from './command.ts';
import type { Paper } from './output.ts';
import { programNamed } from './programs.ts';

const SHOWN_MAX = 20;

export interface VerifyOptions {
  /** Heads that were noted earlier: <program>:<seq>:<hash>, with /decisions behind the program; /audit:<seq>:<hash>. */
  readonly head: readonly string[];
}

export async function verify(cli: Cli, options: VerifyOptions): Promise<void> {
  await cli.withDatabase(async (database) => {
    const expected = await headsOf(database, options.head);
    const seals = await verifySeals(database.pool, undefined, expected);
    const { count, shown } = await findDifferences(database.knex);
    const loose = await findLoose(database.knex, SHOWN_MAX);
    const ok = seals.every((report) => report.ok) && count === 0 && loose.length === 0;
    cli.output.show({ ok, seals: seals.map(sealJson), differences: count, first: shown, loose }, (paper) => {
      printSeals(paper, seals);
      printDifferences(paper, count, shown, loose);
    });
    if (!ok) throw new Failed();
  });
}

function printSeals(paper: Paper, seals: readonly SealReport[]): void {
  const shown = seals.filter((report) => !report.ok || report.chain === 'ledger' || isBegun(report));
  const intact = shown.filter((report): report is Intact => report.ok);
  const broken = seals.filter((report): report is Broken => !report.ok);
  paper.table(
    ['PROGRAM', 'WHAT', 'SEALED TO', 'NOT SEALED YET', 'HEAD: KEEP IT ELSEWHERE'],
    intact.map((each) => [
      each.program,
      each.chain,
      each.sealedTo === null ? '' : rowOf(each.chain, each.sealedTo),
      each.unsealed,
      headText(each),
    ]),
  );
  for (const each of broken) {
    const where = each.rowId === undefined ? '' : `, ${rowOf(each.chain, each.rowId)}`;
    const of = each.chain === 'audit' ? 'the audit' : `program ${each.program}`;
    const chain = each.chain === 'decisions' ? ' of decisions' : '';
    paper.line(`BROKEN: ${of}, seal ${each.seq}${chain}${where}: ${each.what}`);
  }
}

function printDifferences(paper: Paper, count: number, shown: readonly Difference[], loose: readonly Loose[]): void {
  for (const each of loose) paper.line(`BROKEN: program ${each.program}, tx_${each.transaction_id} ${each.what}`);
  if (count > 0) {
    paper.line(
      `BROKEN: ${count} sums are not what their entries say${count > SHOWN_MAX ? `; the first ${SHOWN_MAX}` : ''}:`,
    );
    paper.table(
      ['PROGRAM', 'CHECK', 'WHAT', 'UNIT', 'STORED', 'ENTRIES SAY'],
      shown
        .slice(0, SHOWN_MAX)
        .map((each) => [each.program, each.check, each.what, each.unit, each.stored, each.entries]),
    );
  }
  if (count === 0 && loose.length === 0) paper.line('Every transaction, balance and reward is what its entries say.');
}

const isBegun = (report: SealReport): boolean => !report.ok || report.sealedTo !== null || report.unsealed > 0n;

const ROWS: Readonly<Record<Chain, string>> = { ledger: 'tx', decisions: 'step', audit: 'no' };
const rowOf = (chain: Chain, id: bigint): string => `${ROWS[chain]}_${id}`;

const headText = ({ chain, program, head }: Intact): string =>
  head ? `${program}${chain === 'ledger' ? '' : `/${chain}`}:${head.seq}:${head.hash}` : '';

function sealJson(report: SealReport): object {
  const { chain, program, ok } = report;
  const row = (id: bigint | null | undefined) => (id == null ? null : rowOf(chain, id));
  if (!report.ok) return { chain, program, ok, seq: report.seq, row: row(report.rowId), what: report.what };
  const { sealedTo, unsealed } = report;
  return { chain, program, ok, sealed_to: row(sealedTo), unsealed, head: headText(report) || null };
}

const HEAD = /^([^/:]*)(?:\/(decisions|audit))?:(\d{1,18}):([0-9a-f]{64})$/;

async function headsOf(database: OpenDatabase, texts: readonly string[]): Promise<Map<string, Head>> {
  const heads = new Map<string, Head>();
  for (const text of texts) {
    const [whole, program = '', chain = 'ledger', seq = '', hash = ''] = HEAD.exec(text.trim()) ?? [];
    if (whole === undefined || (program === '') !== (chain === 'audit'))
      throw new ConfigError(`--head: ${text} is not <program>:<seq>:<hash> as an earlier verify printed it`);
    const no = chain === 'audit' ? AUDIT : (await programNamed(database, program)).no;
    heads.set(headKey(chain as Chain, no), { seq: BigInt(seq), hash });
  }
  return heads;
}
