/**
 * `explain <reward id>`: why a reward is what it is.
 * Promises: shows what was stored when it was decided, and what happened since. Must never: decide or compute anything
 * again, or show who a person is beyond the product's own id.
 */
import { ConfigError } from '../config/env.ts';
import { type RewardRow, rewardJson } from '../http/admin/reward-json.ts';
import {
  type AttemptRow,
  type EntryRow,
  type HistoryRow,
  readAttempts,
  readEntries,
  readHistory,
  readRewards,
} from '../http/admin/rewards.sql.ts';
import { entryJson } from '../http/admin/rewards.ts';
import { exponentOf, formatDecimal, formatPercent } from '../model/money.ts';
import type { Finding } from '../model/records.ts';
import { type Cli, idOf } from './command.ts';
import type { Paper } from './output.ts';

type Reward = RewardRow & { readonly explain: unknown };

interface Behind {
  readonly attempts: readonly AttemptRow[];
  readonly entries: readonly EntryRow[];
  readonly history: readonly HistoryRow[];
}

export async function explain(cli: Cli, text: string): Promise<void> {
  const id = idOf(text, 'rw', 'a reward');
  await cli.withDatabase(async ({ knex }) => {
    const [reward] = await readRewards(knex, [id]);
    if (!reward) throw new ConfigError(`there is no reward rw_${id}`);
    const where = [knex, reward.program_no, id] as const;
    const [attempts, entries, history] = await Promise.all([
      readAttempts(...where),
      readEntries(...where),
      readHistory(...where),
    ]);
    const json = { ...rewardJson(reward), explain: reward.explain, attempts, entries: entries.map(entryJson), history };
    cli.output.show(json, (paper) => print(paper, reward, { attempts, entries, history }));
  });
}

function print(paper: Paper, reward: Reward, { attempts, entries, history }: Behind): void {
  printReward(paper, reward);
  const findings = Array.isArray(reward.explain) ? (reward.explain as Finding[]) : [];
  section(
    paper,
    'What was asked',
    ['ASKED', 'SAID', 'SAW'],
    findings.map(({ asked, said, saw }) => [asked, said, seen(saw)]),
  );
  section(
    paper,
    'What became of it',
    ['AT', 'STATUS', 'REASON', 'AMOUNT', 'BY', 'EVENT', 'NOTE'],
    history.map((each) => [
      each.at,
      each.status,
      each.reason ?? each.outcome,
      money(each.amount, reward.unit),
      each.actor,
      event(each.cause_id),
      each.note,
    ]),
  );
  section(
    paper,
    'In the ledger',
    ['TRANSACTION', 'AT', 'KIND', 'ACCOUNT', 'MEMBER', 'AMOUNT'],
    entries.map((each) => [
      `tx_${each.transaction_id}`,
      each.at,
      each.kind,
      each.account,
      each.member_id,
      money(each.amount, each.unit),
    ]),
  );
  section(
    paper,
    'At the billing system',
    ['AT', 'WHAT', 'TRY', 'ANSWER', 'STATUS', 'DETAIL'],
    attempts.map((each) => [each.at, `${each.kind} ${each.action}`, each.no, each.outcome, each.status, each.detail]),
  );
}

function printReward(paper: Paper, reward: Reward): void {
  const { unit, base_amount: base, base_currency: currency } = reward;
  paper.fields({
    reward: `rw_${reward.id} of program ${reward.program}, rule ${reward.rule}, version ${reward.program_version} of its file`,
    status: [reward.status, reward.reason, reward.outcome].filter(Boolean).join(', '),
    flags: reward.flags.join(', '),
    amount: money(reward.amount, unit),
    'of it reversed': reward.reversed_amount > 0n ? money(reward.reversed_amount, unit) : undefined,
    'of it forfeited': reward.forfeited_amount > 0n ? money(reward.forfeited_amount, unit) : undefined,
    'computed from':
      base === null
        ? undefined
        : `${money(base, currency ?? unit)}${reward.rate === null ? '' : ` at ${formatPercent(reward.rate)}`}`,
    'goes to': `${reward.beneficiary_member} (the ${reward.beneficiary})`,
    referrer: reward.referrer_member,
    referee: reward.referee_member,
    payment: reward.source_payment_id === null ? undefined : `${reward.source_payment_id} (${reward.source})`,
    key: reward.idempotency_key,
    created: reward.created_at,
    credited: reward.credited_at,
    vests: reward.vests_at,
    expires: reward.expires_at,
  });
}

function section(paper: Paper, title: string, head: readonly string[], rows: Parameters<Paper['table']>[1]): void {
  if (rows.length === 0) return;
  paper.line();
  paper.line(title);
  paper.table(head, rows);
}

const event = (id: bigint | null): string => (id === null ? '' : `ev_${id}`);
const seen = (saw: Finding['saw']): string =>
  Object.entries(saw ?? {})
    .map(([name, value]) => `${name}: ${shown(value)}`)
    .join(', ');
const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A unit of three letters is a currency; anything else is counted in ones. */
function money(amount: bigint, unit: string): string {
  return /^[a-z]{3}$/.test(unit) ? `${formatDecimal(amount, exponentOf(unit))} ${unit}` : `${amount} ${unit}`;
}
