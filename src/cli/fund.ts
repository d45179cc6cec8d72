/**
 * `fund …`: the SBOM, the month's run and its reports, payouts by hand.
 * Promises: a dry run prints what a run would do and changes nothing; a fault of the input is told with its file, before
 * anything is written. Must never: pay; the sink does, or a person with the CSV file.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { SingleBar } from 'cli-progress';
import { ConfigError } from '../config/env.ts';
import { attribute } from '../fund/attribute.ts';
import { FundFault } from '../fund/fault.ts';
import { sbomOf } from '../fund/funding.ts';
import { isMonth } from '../fund/months.ts';
import { exportPayouts, settlePayout, type Word } from '../fund/pay.ts';
import { readMonths, readPayouts, readRun } from '../fund/report.sql.ts';
import { type Report, reportOf } from '../fund/report.ts';
import { REPORT_TABLES, type ReportTable, reportCsv, reportJson } from '../fund/report-forms.ts';
import { nextRun, runMonth } from '../fund/run.ts';
import { readSbom, type Sbom } from '../fund/sbom.ts';
import { exponentOf, formatDecimal } from '../model/money.ts';
import type { Cli } from './command.ts';
import { type OpenFund, withFund } from './fund-open.ts';
import type { Paper } from './output.ts';

const ACTOR = 'cli';
const SBOM_BYTES_MAX = 256 * 1024 * 1024;

export interface SbomOptions {
  readonly format: string;
  readonly output?: string;
}

/** npm's own, of the folder's lockfile. */
export async function makeSbom(folder: string, { format, output }: SbomOptions, write: (text: string) => void) {
  const args = ['sbom', '--sbom-format', format, '--package-lock-only'];
  if (!['cyclonedx', 'spdx'].includes(format)) throw new ConfigError('--format must be cyclonedx or spdx');
  let text: string;
  try {
    text = (await promisify(execFile)('npm', args, { cwd: folder, maxBuffer: SBOM_BYTES_MAX })).stdout;
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const said = /^npm error (?!code)(.*)$/m.exec(stderr)?.[1];
    throw new FundFault(`${folder}: npm sbom: ${said ?? message.split('\n')[0]}`);
  }
  await readSbom(path.join(folder, 'package-lock.json'), text);
  if (output === undefined) write(text);
  else writeFileSync(output, text);
}

export interface RunOptions {
  readonly program?: string;
  readonly month?: string;
  readonly sbom?: string;
  readonly dryRun?: boolean;
}

export async function runFund(cli: Cli, options: RunOptions): Promise<void> {
  const asked = monthOption(options.month);
  await withFund(cli, options.program, async (open) => {
    const { ports, loaded, fund, database } = open;
    const next = await nextRun(ports, loaded, fund);
    const months = await readMonths(database.pool, loaded.no);
    const month = asked ?? (next.isOver || options.dryRun || months.length === 0 ? next.month : (months[0] as string));
    const dryRun = options.dryRun === true;
    if (!months.includes(month) && month !== next.month)
      throw new FundFault(`${month}: the next month to run is ${next.month}`);
    if (!dryRun && !months.includes(month) && !next.isOver)
      throw new FundFault(`${month}: is not over; --dry-run shows what it would be`);
    const run = months.includes(month)
      ? { sbom: { format: '', hash: '' }, lines: [] }
      : await attributed(open, options.sbom ?? fund.sbom);
    const look = async (client: Parameters<typeof readRun>[0]) => await reportFrom(client, open, month);
    const ran = await runMonth(ports, { loaded, fund, month, dryRun, ...run }, look);
    if (!ran.isNew) cli.output.note(`${month} had its run before; nothing was changed`);
    show(cli, ran.seen);
    if (ran.isNew && dryRun)
      cli.output.note(`dry run: nothing was written${next.isOver ? '' : `, and ${month} is not over`}`);
  });
}

async function attributed({ fund, folder }: OpenFund, file: string | undefined) {
  if (file === undefined) throw new ConfigError('name the SBOM with --sbom, or in the program file as fund.sbom');
  const sbom: Sbom = await sbomOf(file);
  const bar = new SingleBar({
    format: 'git blame {bar} {value}/{total} files of {repository}',
    hideCursor: true,
    noTTYOutput: false,
  });
  let repository: string | undefined;
  const onProgress = (done: number, total: number, of: string) => {
    if (of !== repository) bar.start(total, done, { repository: of });
    else bar.update(done);
    repository = of;
  };
  try {
    return { sbom, lines: await attribute(fund, sbom, { folder, onProgress }) };
  } finally {
    bar.stop();
  }
}

async function reportFrom(
  client: Parameters<typeof readRun>[0],
  { loaded, ports }: OpenFund,
  month: string,
): Promise<Report> {
  const rows = await readRun(client, loaded.no, month);
  if (!rows) throw new FundFault(`${month}: has had no run`);
  return reportOf(loaded.program.program, rows, (version, sealed) => ports.keys.unseal(loaded.no, version, sealed));
}

export interface ReportOptions {
  readonly program?: string;
  readonly month?: string;
  readonly csv?: string;
}

export async function reportFund(cli: Cli, options: ReportOptions, write: (text: string) => void): Promise<void> {
  const asked = monthOption(options.month);
  const table = options.csv as ReportTable | undefined;
  if (table !== undefined && !REPORT_TABLES.includes(table))
    throw new ConfigError(`--csv must be one of ${REPORT_TABLES.join(', ')}`);
  await withFund(cli, options.program, async (open) => {
    const [last] = await readMonths(open.database.pool, open.loaded.no);
    const month = asked ?? last;
    if (month === undefined) throw new FundFault('the fund has had no run');
    const report = await reportFrom(open.database.pool, open, month);
    if (table === undefined) show(cli, report);
    else write(reportCsv(report, table));
  });
}

function monthOption(month: string | undefined): string | undefined {
  if (month !== undefined && !isMonth(month)) throw new ConfigError('--month must be a month such as 2026-11');
  return month;
}

function show(cli: Cli, report: Report): void {
  cli.output.show(reportJson(report), (paper) => print(paper, report));
}

function print(paper: Paper, report: Report): void {
  const money = (amount: bigint) => formatDecimal(amount, exponentOf(report.currency));
  const { explain, contributors } = report;
  paper.fields({
    fund: `${report.program}, ${report.month}`,
    'paid by referred members': `${money(report.base)} ${report.currency} net, ${explain.payments} payments since the fund began`,
    'without a rate': explain.payments_without_rate || undefined,
    share: `${explain.share}: ${money(report.granted)}`,
    carried: report.carried > 0n ? money(report.carried) : undefined,
    'came back': report.returned > 0n ? money(report.returned) : undefined,
    distributed: money(report.distributed),
  });
  paper.line();
  paper.table(
    ['CONTRIBUTOR', 'LINES', 'WEIGHTED', 'SHARE', 'PAYOUT'],
    contributors.map((each) => [
      each.contributor,
      each.lines,
      Number(each.score) / 1000,
      money(each.share),
      each.payout ? `po_${each.payout.id} ${money(each.payout.amount)} ${each.payout.state}` : standing(each),
    ]),
  );
  paper.line();
  paper.table(
    ['COMPONENT', 'WEIGHT', 'LINES', 'CONTRIBUTORS'],
    report.components.map((each) => [
      each.component,
      explain.components.find(({ name }) => name === each.component)?.weight,
      each.lines,
      each.contributors,
    ]),
  );
  paper.line();
  paper.table(
    ['REPOSITORY', 'REVISION', 'COMMITS', 'FILES', 'LINES'],
    explain.repositories.map((each) => [each.name, each.revision, each.commits, each.files, each.lines]),
  );
  const out = explain.repositories.flatMap(({ name, left_out: leftOut }) =>
    leftOut.map((each) => [name, each.why, each.what, each.files || null, each.lines]),
  );
  if (out.length > 0) paper.line();
  paper.table(['LEFT OUT OF', 'BECAUSE', 'WHAT', 'FILES', 'LINES'], out);
}

function standing({ registered, kept, keepUntil, returned }: Report['contributors'][number]): string {
  if (registered) return 'owed';
  if (kept > 0n) return `not registered; kept until ${keepUntil?.toISOString().slice(0, 10)}`;
  return returned > 0n ? 'not registered; went back to the fund' : 'not registered';
}

export async function showPayouts(cli: Cli, options: { program?: string; month?: string }): Promise<void> {
  const month = monthOption(options.month) ?? null;
  await withFund(cli, options.program, async ({ database, loaded }) => {
    const rows = await readPayouts(database.pool, loaded.no, { month });
    const json = rows.map(({ id, contributor_id: contributorId, ...row }) => ({
      id: `po_${id}`,
      contributor_id: `con_${contributorId}`,
      ...row,
    }));
    cli.output.show(json, (paper) => {
      if (rows.length === 0) paper.line('no payouts');
      paper.table(
        ['PAYOUT', 'MONTH', 'CONTRIBUTOR', 'AMOUNT', 'STATE', 'DETAIL', 'SETTLED'],
        rows.map((row) => [
          ...[
            `po_${row.id}`,
            row.month,
            row.github_username,
            `${formatDecimal(row.amount, exponentOf(row.unit))} ${row.unit}`,
          ],
          ...[row.state, row.detail, row.settled_at],
        ]),
      );
    });
  });
}

export async function exportFund(
  cli: Cli,
  options: { program?: string; output?: string },
  write: (text: string) => void,
) {
  await withFund(cli, options.program, async ({ ports, loaded }) => {
    const { text, count } = await exportPayouts(ports, loaded);
    if (options.output === undefined) write(text);
    else writeFileSync(options.output, text, { mode: 0o600 });
    cli.output.note(`${count} payouts; say \`fund settle <payout> paid\` or \`refused\` of each`);
  });
}

const REFUSED = {
  unknown_payout: 'there is no such payout',
  reference_taken: 'the reference is that of another payout',
  already_settled: 'it is settled, being sent, or was never handed to anybody: `fund payouts` shows it',
} as const;

export async function settleFund(
  cli: Cli,
  payout: string,
  word: string,
  options: { program?: string; reference?: string },
): Promise<void> {
  if (!['paid', 'refused', 'retry'].includes(word)) throw new ConfigError('say paid, refused or retry');
  await withFund(cli, options.program, async ({ ports, loaded }) => {
    const settling = { payout, word: word as Word, reference: options.reference, actor: ACTOR };
    const done = await settlePayout(ports, loaded, settling);
    if (done !== 'done') throw new ConfigError(`${payout}: ${REFUSED[done]}`);
    cli.output.show({ payout, status: word }, (paper) => paper.line(`${payout}: ${word}`));
  });
}

/** Details come by standard input or a file: arguments stay in the shell's history. */
export function readDetails(file: string): Record<string, string> {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new ConfigError(`${file}: is no JSON`);
  }
  const entries = Object.entries(given ?? {});
  const isFlat =
    typeof given === 'object' && !Array.isArray(given) && entries.every(([, value]) => typeof value === 'string');
  if (!isFlat || entries.length === 0)
    throw new ConfigError(`${file}: must be one object of names and texts, such as {"iban":"…"}`);
  return given as Record<string, string>;
}
