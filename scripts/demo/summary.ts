/**
 * What a newcomer should look at when the month is over.
 * Promises: read through the same APIs that the printed commands ask. Must never: show a token or a key.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';
import { type Commands, commandsFor } from './commands.ts';
import { makeReady } from './credentials.ts';
import { admin, type Front, get, type RewardSeen, rewards } from './front.ts';
import { codeOf } from './send.ts';
import type { BillingSink } from './sink.ts';
import { PROGRAMS, type ProgramName } from './step.ts';
import { dollars, type Tour } from './tour.ts';

interface Summary {
  readonly unit: { readonly kind: 'money' | 'points' };
  readonly rewards: readonly { readonly status: string; readonly count: number; readonly amount: number }[];
  readonly unearned_payments: readonly { readonly reason: string; readonly count: number }[];
  readonly work: { readonly waiting_events: number; readonly parked_events: number };
}

export interface Ending {
  readonly lines: readonly string[];
  /** Every ledger is in balance, billing has what we say it has, and no event is left over. */
  readonly ok: boolean;
}

export interface Stage {
  readonly front: Front;
  readonly sink: BillingSink;
  readonly dataDir: string;
  readonly adminTokenFile: string | undefined;
}

export async function summarise(stage: Stage, tours: Readonly<Record<ProgramName, Tour>>): Promise<Ending> {
  const { front, sink, dataDir } = stage;
  const sections = [];
  for (const program of PROGRAMS) sections.push(await section(stage, program, tours[program]));
  const ledger = await admin<{ balanced: boolean; drift: number }>(front, 'GET', '/ledger/check');
  const billed = await sink.total();
  const delivered = (await rewards(front, 'claudexia', '&status=credited')).reduce(
    (sum, reward) => sum + reward.amount - reward.reversed_amount,
    0,
  );
  const agrees = delivered === billed.total;
  const left = sections.reduce((sum, { leftOver }) => sum + leftOver, 0);
  const lines = [
    ...sections.flatMap((each) => [...each.lines, '']),
    `Ledger: ${ledger.balanced ? 'balanced' : `NOT balanced, drift ${ledger.drift}`}, of all programs, added up anew.`,
    `Billing: was told ${dollars(billed.total)} in ${billed.credits} orders; we say ${dollars(delivered)}${agrees ? '' : ': THEY DIFFER'}.`,
    `Mail: ${mailsIn(dataDir)} letters lie in ${path.join(dataDir, 'outbox')}; none was sent.`,
    ...(left > 0 ? [`Events: ${left} WERE NOT HANDLED.`] : []),
  ];
  return { lines, ok: ledger.balanced && agrees && left === 0 };
}

async function section(stage: Stage, program: ProgramName, tour: Tour) {
  const { front } = stage;
  const summary = await admin<Summary>(front, 'GET', `/programs/${program}/summary`);
  const ready = await makeReady(front, program, tour, stage.dataDir);
  const commands = commandsFor({ ...stage, ready, program, code: await codeOf(front, program, tour.star) });
  const figures = await Promise.all(
    tour.figures.map(async ({ path: at, say }) => say(await get(front, 'GET', `/p/${program}${at}`, ready.headers))),
  );
  const amount = summary.unit.kind === 'money' ? dollars : (points: number) => `${points} credits`;
  const lines = [
    `── ${tour.heading}`,
    byStatus(summary, amount),
    ...figures,
    ...(await examples(stage, { program, tour, commands, amount })),
    commands.admin(`/programs/${program}/summary`),
    ...tour.requests.flatMap((request) => [
      ...(request.note ? [`  # ${request.note}`] : []),
      commands.request(request),
    ]),
  ];
  return { lines, leftOver: summary.work.waiting_events + summary.work.parked_events };
}

function byStatus(summary: Summary, amountOf: (amount: number) => string): string {
  const lineless = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const table = new Table({ head: ['rewards', 'count', 'amount'], style: { head: [], border: [] }, chars: lineless });
  for (const { status, count, amount } of summary.rewards) table.push([status, count, amountOf(amount)]);
  for (const { reason, count } of summary.unearned_payments)
    table.push([`payment earned nothing: ${reason}`, count, '']);
  return table.toString();
}

interface Shown {
  readonly program: ProgramName;
  readonly tour: Tour;
  readonly commands: Commands;
  readonly amount: (amount: number) => string;
}

/** Each with its explanation in one line, and how to see all of it. */
async function examples({ front }: Stage, { program, tour, commands, amount }: Shown): Promise<string[]> {
  const all = await rewards(front, program);
  const lines: string[] = [];
  for (const { is, note } of tour.examples) {
    const found = all.find(is);
    if (!found) continue;
    const reward = await admin<RewardSeen>(front, 'GET', `/rewards/${found.id}`);
    lines.push(`  # ${note}:`, `  #   ${inOneLine(reward, amount)}`, commands.admin(`/rewards/${reward.id}`));
    if (reward.status === 'failed' || reward.reason === 'held')
      lines.push(commands.admin(`/rewards/${reward.id}/approve`, {}));
  }
  return lines;
}

function inOneLine(reward: RewardSeen, amount: (amount: number) => string): string {
  const { status, reason, rule, base, explain = [] } = reward;
  const back = reward.reversed_amount > 0 ? `, ${amount(reward.reversed_amount)} of it taken back` : '';
  const of = base ? ` (${reward.rate} of ${dollars(base.amount)} net)` : '';
  const what = `${rule} of ${amount(reward.amount)}${of}${back}, ${status}${reason ? ` (${reason})` : ''}`;
  const asked = explain
    .filter(({ asked: name }) => /^(signal|limit) /.test(name))
    .map((finding) => `${finding.asked.replace(/^signal /, '')}: ${finding.said}${seen(finding.saw)}`);
  const whom = `to ${reward.member_id}, by ${reward.referee_id}`;
  return [`${what}, ${whom}`, ...asked].join('; ');
}

/** What decided, where a signal counts or compares. */
function seen(saw: Readonly<Record<string, unknown>>): string {
  const { others_in_window: others, limit, matched } = saw;
  if (Array.isArray(matched) && matched.length > 0) return ` (${matched.join(', ')})`;
  return others === undefined ? '' : ` (${others} others in its window, ${limit} pass)`;
}

function mailsIn(dataDir: string): number {
  return readdirSync(path.join(dataDir, 'outbox')).filter((name) => name.endsWith('.eml')).length;
}
