/**
 * What a newcomer should look at when the month is over.
 * Promises: read through the admin API, which is what the printed commands ask, too. Must never: show the admin token.
 */
import Table from 'cli-table3';
import { admin, type Front, PROGRAM, type RewardSeen } from './send.ts';
import type { BillingSink } from './sink.ts';

interface Summary {
  readonly rewards: readonly {
    readonly status: string;
    readonly unit: string;
    readonly count: number;
    readonly amount: number;
  }[];
  readonly unearned_payments: readonly { readonly reason: string; readonly count: number }[];
}

export interface Ending {
  readonly lines: readonly string[];
  /** The ledger is in balance, and the billing system has what we say it has. */
  readonly ok: boolean;
}

export async function summarise(front: Front, sink: BillingSink, tokenFile: string | undefined): Promise<Ending> {
  const [summary, ledger, billed] = await Promise.all([
    admin<Summary>(front, 'GET', `/programs/${PROGRAM}/summary`),
    admin<{ balanced: boolean; drift: number }>(front, 'GET', '/ledger/check'),
    sink.total(),
  ]);
  const all = await allRewards(front);
  const shown = await examples(front, all);
  const delivered = all
    .filter(({ status }) => status === 'credited')
    .reduce((sum, reward) => sum + reward.amount - reward.reversed_amount, 0);
  const agrees = delivered === billed.total;
  const lines = [
    byStatus(summary),
    `Ledger: ${ledger.balanced ? 'balanced' : `NOT balanced, drift ${ledger.drift}`}. Billing was told ${money(billed.total, 'usd')} in ${billed.credits} orders; we say ${money(delivered, 'usd')}${agrees ? '' : ': THEY DIFFER'}.`,
    '',
    'Three of them, and why they are what they are:',
    ...shown.map((reward) => `  ${inOneLine(reward)}`),
    '',
    ...commands(front, tokenFile, shown),
  ];
  return { lines, ok: ledger.balanced && agrees };
}

function byStatus(summary: Summary): string {
  const table = new Table({ head: ['rewards', 'count', 'amount'], style: { head: [], border: [] } });
  for (const { status, unit, count, amount } of summary.rewards) table.push([status, count, money(amount, unit)]);
  for (const { reason, count } of summary.unearned_payments)
    table.push([`payment earned nothing: ${reason}`, count, '']);
  return table.toString();
}

/** One that waits for a person, one that failed, and one that was credited and then taken back in part. */
async function examples(front: Front, all: readonly RewardSeen[]): Promise<RewardSeen[]> {
  const chosen = [
    all.find(({ status, reason, flags }) => status === 'pending' && reason === 'held' && flags.includes('velocity')),
    all.find(({ status }) => status === 'failed'),
    all.find(({ status, reversed_amount: reversed }) => status === 'credited' && reversed > 0),
  ];
  return await Promise.all(
    chosen.flatMap((reward) => (reward ? [admin<RewardSeen>(front, 'GET', `/rewards/${reward.id}`)] : [])),
  );
}

function inOneLine({
  id,
  status,
  reason,
  amount,
  reversed_amount: reversed,
  unit,
  rate,
  base,
  member_id: member,
  referee_id: referee,
  explain = [],
}: RewardSeen): string {
  const what = `${id} ${status}${reason ? ` (${reason})` : ''}: ${money(amount, unit)}${reversed ? `, ${money(reversed, unit)} of it taken back,` : ''} to ${member}`;
  const why = base ? ` for ${rate ?? ''} of ${money(base.amount, base.currency)} net from ${referee}` : '';
  const asked = explain
    .filter(({ asked: name }) => name.startsWith('signal '))
    .map((finding) => `${finding.asked.slice('signal '.length)} ${finding.said}${seen(finding.saw)}`);
  return `${what}${why}${asked.length > 0 ? `; asked: ${asked.join(', ')}` : ''}`;
}

/** The figure that decided, where a signal counts. */
function seen(saw: Readonly<Record<string, unknown>>): string {
  const { others_in_window: others, limit } = saw;
  return others === undefined ? '' : ` (${others} others in its window, ${limit} pass)`;
}

async function allRewards(front: Front): Promise<RewardSeen[]> {
  const all: RewardSeen[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page: { data: RewardSeen[]; next_cursor: string | null } = await admin(
      front,
      'GET',
      `/rewards?program=${PROGRAM}&limit=100${after}`,
    );
    all.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}

function commands(front: Front, tokenFile: string | undefined, shown: readonly RewardSeen[]): string[] {
  const token = tokenFile ? `$(cat '${tokenFile}')` : '$ADMIN_TOKEN';
  const curl = (path: string, more = '') =>
    `  curl -s${more} -H "Authorization: Bearer ${token}" '${front.url}/admin/v1${path}'`;
  const [held, failed] = [
    shown.find(({ status }) => status === 'pending'),
    shown.find(({ status }) => status === 'failed'),
  ];
  const post = ` -X POST -H 'Content-Type: application/json' -d '{}'`;
  return [
    'Look at it yourself:',
    curl(`/programs/${PROGRAM}/summary`),
    ...(held
      ? [
          '  # everything behind a held reward, and letting it through',
          curl(`/rewards/${held.id}`),
          curl(`/rewards/${held.id}/approve`, post),
        ]
      : []),
    ...(failed
      ? [
          '  # billing was away when this one came; it is back, so one approval credits it',
          curl(`/rewards/${failed.id}/approve`, post),
        ]
      : []),
    '  # payments that earned nothing, each with its reason',
    curl(`/payments?program=${PROGRAM}&earned=false&limit=5`),
    curl('/ledger/check'),
  ];
}

function money(minor: number, unit: string): string {
  return `${(minor / 100).toFixed(2)} ${unit.toUpperCase()}`;
}
