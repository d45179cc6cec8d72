/**
 * `verify`: the ledger proved from its entries, and the chain of seals over it.
 * Promises: adds everything up anew; names the first row that does not agree; changes nothing. Must never: say that a
 * ledger is right of which only a part was looked at; what is not sealed yet is counted.
 */
import { ConfigError } from '../config/env.ts';
import { type Difference, findDifferences } from '../http/admin/ledger-check.sql.ts';
import { type Broken, type Head, type Intact, type SealReport, verifySeals } from '../jobs/seal-verify.ts';
import { findLoose, type Loose } from './cli.sql.ts';
import { type Cli, Failed, type OpenDatabase } from './command.ts';
import type { Paper } from './output.ts';
import { programNamed } from './programs.ts';

const SHOWN_MAX = 20;

export interface VerifyOptions {
  /** Heads that were noted earlier: <program>:<seq>:<hash>. */
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
  const intact = seals.filter((report): report is Intact => report.ok);
  const broken = seals.filter((report): report is Broken => !report.ok);
  paper.table(
    ['PROGRAM', 'SEALED TO', 'NOT SEALED YET', 'HEAD: KEEP IT ELSEWHERE'],
    intact.map((each) => [
      each.program,
      each.sealedTo === null ? '' : `tx_${each.sealedTo}`,
      each.unsealed,
      headText(each),
    ]),
  );
  for (const each of broken) {
    const where = each.transactionId === undefined ? '' : `, tx_${each.transactionId}`;
    paper.line(`BROKEN: program ${each.program}, seal ${each.seq}${where}: ${each.what}`);
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

const headText = ({ program, head }: Intact): string => (head ? `${program}:${head.seq}:${head.hash}` : '');

function sealJson(report: SealReport): object {
  const { programNo: _no, ...rest } = report;
  if (!report.ok)
    return {
      ...rest,
      transaction_id: report.transactionId === undefined ? null : `tx_${report.transactionId}`,
      transactionId: undefined,
    };
  const { program, ok, sealedTo, unsealed } = report;
  return {
    program,
    ok,
    sealed_to: sealedTo === null ? null : `tx_${sealedTo}`,
    unsealed,
    head: headText(report) || null,
  };
}

async function headsOf(database: OpenDatabase, texts: readonly string[]): Promise<Map<number, Head>> {
  const heads = new Map<number, Head>();
  for (const text of texts) {
    const [, program = '', seq = '', hash = ''] = /^(.+):(\d{1,18}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
    if (program === '')
      throw new ConfigError(`--head: ${text} is not <program>:<seq>:<hash> as an earlier verify printed it`);
    heads.set((await programNamed(database, program)).no, { seq: BigInt(seq), hash });
  }
  return heads;
}
