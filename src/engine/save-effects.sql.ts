/**
 * Writes what a batch changed, one statement a table, in the transaction that marks its events handled.
 * Promises: removals, then updates, then inserts, so that a name or key given up in the batch is free for its new
 * owner. Must never: write a balance; the database keeps those from the entries.
 */
import type { PoolClient } from 'pg';
import type { DeliveryIntent } from '../model/records.ts';
import type { Table } from '../model/table.ts';
import type { World } from '../model/world.ts';
import { encode } from './encode.ts';
import * as erasure from './erasure.sql.ts';
import type { Folded } from './fold.ts';
import type { Statement } from './loader.sql.ts';
import { asPaymentRow } from './payment-row.ts';
import * as tables from './tables.sql.ts';
import { insertSql, type TableSpec, updateSql } from './tables.sql.ts';
import { DOMAIN_CHECKS, NETWORK_CHECKS } from './tables-checks.sql.ts';
import * as suspensions from './tables-suspensions.sql.ts';

/** What the save needs that is no record: sealing addresses, freezing requests. */
export interface SavePorts {
  readonly keyVersion: number;
  readonly seal: (programNo: number, value: string) => Buffer;
  readonly freeze: (world: World, intent: DeliveryIntent) => { readonly sink: string; readonly request: string };
}

interface Saver {
  readonly client: PoolClient;
  readonly statement: Statement;
  readonly programNo: number;
  /** Sent and not answered yet: the connection pipelines, so PostgreSQL never waits for us between two statements. */
  readonly sent: Promise<unknown>[];
}

/** Sends everything, in order, and waits for all the answers at the end. */
export async function saveEffects(
  client: PoolClient,
  statement: Statement,
  programNo: number,
  batch: {
    readonly world: World;
    readonly ids: readonly bigint[];
    readonly folded: readonly Folded[];
    readonly now: Date;
  },
  ports: SavePorts,
): Promise<void> {
  const save: Saver = { client, statement, programNo, sent: [] };
  savePeople(save, batch.world, ports);
  savePayments(save, batch.world);
  saveSuspensions(save, batch.world);
  saveRewards(save, batch.world);
  saveDeliveries(save, batch.world, ports, batch.now);
  noteHandled(save, batch.ids, batch.folded);
  saveErasures(save, batch.world, batch.now);
  await Promise.all(save.sent);
}

function run(
  save: Saver,
  name: string,
  text: string,
  values: unknown[],
  rows?: { expected: number; of: string },
): void {
  const query = save.client.query(save.statement(name, text, [save.programNo, ...values]));
  const checked = query.then((result) => {
    const missing = rows ? rows.expected - (result.rowCount ?? 0) : 0;
    if (missing !== 0) throw new Error(`bug: ${missing} rows of ${rows?.of} were not there`);
  });
  save.sent.push(checked);
}

function insert(save: Saver, spec: TableSpec, records: readonly object[]): void {
  if (records.length > 0) run(save, `insert ${spec.name}`, insertSql(spec), encode(spec, records));
}

function update(save: Saver, spec: TableSpec, records: readonly object[]): void {
  if (records.length === 0) return;
  run(save, `update ${spec.name}`, updateSql(spec), encode(spec, records), { expected: records.length, of: spec.name });
}

function both<R extends object>(save: Saver, spec: TableSpec, table: Table<R>): void {
  update(save, spec, table.updated());
  insert(save, spec, table.inserted());
}

function savePeople(save: Saver, world: World, ports: SavePorts): void {
  both(save, tables.PERSONS, world.persons);
  both(save, tables.PERSON_ALIASES, world.aliases);
  insert(save, tables.PERSON_FACTS, world.facts.inserted());
  both(save, tables.CODES, world.codes);
  both(save, tables.CODE_ALIASES, world.codeAliases);
  both(save, tables.REFERRALS, world.referrals);
  insert(save, tables.CLAIMS, world.claims.inserted());
  insert(save, tables.DOMAIN_USES, world.domainUses.inserted());
  both(save, DOMAIN_CHECKS, world.domainChecks);
  both(save, NETWORK_CHECKS, world.networkChecks);
  both(save, tables.USAGE_TOTALS, world.usageTotals);
  both(save, tables.USAGE_EVENTS, world.usageEvents);
  insert(save, tables.TIER_CHANGES, world.tierChanges.inserted());
  both(save, tables.MONTH_VOLUMES, world.monthVolumes);
  insert(save, tables.SOURCE_TYPES, world.sourceTypes.inserted());
  insert(save, tables.AUDIT_LOG, world.audit.inserted());
  saveSecrets(save, world, ports);
  moveMails(save, world);
}

/** Whoever lives on after a join has sent what the other sent: in their list, and against their limit. */
function moveMails(save: Saver, world: World): void {
  const gone = world.persons.updated().filter((person) => person.mergedInto !== null);
  if (gone.length === 0) return;
  const text = `update mails m set person_id = v.kept from unnest($2::bigint[], $3::bigint[]) as v(gone, kept)
    where m.program_no = $1 and m.person_id = v.gone`;
  run(save, 'move mails', text, [gone.map((person) => person.id), gone.map((person) => person.mergedInto)]);
}

/** What is not told again (a name, on a change of address) stays as it was. */
function saveSecrets(save: Saver, world: World, ports: SavePorts): void {
  const told = world.secrets.inserted();
  if (told.length === 0) return;
  const sealed = (value: string | null) => (value === null ? null : ports.seal(save.programNo, value));
  const text = `insert into person_secrets as s (program_no, person_id, key_version, email, name, ip)
    select $1, v.person_id, $3, v.email, v.name, v.ip
      from unnest($2::bigint[], $4::bytea[], $5::bytea[], $6::bytea[]) as v(person_id, email, name, ip)
    on conflict (program_no, person_id) do update set key_version = excluded.key_version,
      email = coalesce(excluded.email, s.email), name = coalesce(excluded.name, s.name), ip = coalesce(excluded.ip, s.ip)`;
  const emails = told.map((secret) => sealed(secret.email));
  const names = told.map((secret) => sealed(secret.name));
  const ips = told.map((secret) => sealed(secret.ip));
  const people = told.map((secret) => secret.personId);
  run(save, 'upsert person_secrets', text, [people, ports.keyVersion, emails, names, ips]);
}

/** Behind everything else of the batch, so that what it brought goes, too. */
function saveErasures(save: Saver, world: World, now: Date): void {
  const prints = world.erasedPrints.inserted();
  if (prints.length > 0) run(save, 'insert erased_prints', erasure.INSERT_PRINTS, encode(tables.ERASED_PRINTS, prints));
  const persons = world.erasures.inserted().map(({ personId }) => personId);
  if (persons.length > 0) {
    run(save, 'begin erasures', erasure.BEGIN_ERASURES, [persons, now]);
    for (const [index, text] of erasure.FORGET.entries()) {
      run(save, `forget ${index}`, text, text.includes('$3') ? [persons, now] : [persons]);
    }
  }
  const blanked = world.blanked.inserted().map(({ inboxId }) => inboxId);
  if (blanked.length > 0) run(save, 'blank bodies', erasure.BLANK_BODIES, [blanked]);
}

function savePayments(save: Saver, world: World): void {
  const changed = world.payments.updated().map(asPaymentRow);
  // A merged row gives up its name before the row that stays takes it.
  update(
    save,
    tables.PAYMENTS,
    changed.filter((payment) => payment.mergedInto !== null),
  );
  update(
    save,
    tables.PAYMENTS,
    changed.filter((payment) => payment.mergedInto === null),
  );
  insert(save, tables.PAYMENTS, world.payments.inserted().map(asPaymentRow));
  both(save, tables.PAYMENT_ALIASES, world.paymentAliases);
  both(save, tables.PAYMENT_LINKS, world.paymentLinks);
  both(save, tables.DEDUCTIONS, world.deductions);
  both(save, tables.FIRST_PAYMENTS, world.firstPayments);
}

/** Before the rewards: one that was forfeited stands again only by a forfeit that is given back in this transaction. */
function saveSuspensions(save: Saver, world: World): void {
  update(save, suspensions.SUSPENSION_CHANGES, world.suspensions.updated());
  insert(save, suspensions.SUSPENSIONS, world.suspensions.inserted());
  update(save, suspensions.FORFEIT_CHANGES, world.forfeits.updated());
  insert(save, suspensions.FORFEITS, world.forfeits.inserted());
  update(save, suspensions.APPEAL_CHANGES, world.appeals.updated());
  insert(save, suspensions.APPEALS, world.appeals.inserted());
  insert(save, suspensions.REPORTS, world.reports.inserted());
  const told = world.told.inserted();
  if (told.length === 0) return;
  const events = told.map(({ id, command }) => `${command.command}:${id}`);
  const bodies = told.map(({ command }) => JSON.stringify(command));
  run(save, 'tell commands', TELL_COMMANDS, [
    events,
    told.map(({ command }) => command.command),
    told.map(({ at }) => at),
    told.map(({ triedOnce }) => triedOnce),
    bodies,
  ]);
}

/** What the fold tells itself next. */
const TELL_COMMANDS = `with stored as (
    insert into inbox_events (program_no, source, event_id, type, received_at, occurred_at, tried_once, body, body_hash)
    select $1, 'plusone', v.event_id, v.type, v.at, v.at, v.tried_once, v.body, sha256(convert_to(v.body, 'UTF8'))
      from unnest($2::text[], $3::text[], $4::timestamptz[], $5::boolean[], $6::text[]) as v(event_id, type, at, tried_once, body)
    returning id)
  insert into inbox_queue (program_no, id) select $1, id from stored`;

function saveRewards(save: Saver, world: World): void {
  const removed = world.rewards.removed();
  if (removed.length > 0) {
    run(save, 'delete rewards', 'delete from rewards where program_no = $1 and id = any($2::bigint[])', [removed]);
  }
  both(save, tables.REWARDS, world.rewards);
  insert(save, suspensions.REWARD_APPROVALS, world.approvals.inserted());
  insert(save, tables.REWARD_HISTORY, world.history.inserted());
  const transactions = world.transactions.inserted();
  insert(save, tables.LEDGER_TRANSACTIONS, transactions);
  const entries = transactions.flatMap(({ id, entries: lines }) =>
    lines.map((entry, index) => ({ transactionId: id, line: index + 1, ...entry })),
  );
  insert(save, tables.LEDGER_ENTRIES, entries);
  both(save, tables.LOTS, world.lots);
  both(save, tables.DEBTS, world.debts);
  update(save, tables.SPEND_CHANGES, world.spends.updated());
  insert(save, tables.SPENDS, world.spends.inserted());
  insert(save, tables.SPEND_LOTS, world.spendLots.inserted());
}

function saveDeliveries(save: Saver, world: World, ports: SavePorts, now: Date): void {
  for (const open of world.openDeliveries.updated()) {
    // Only a refused one becomes planned again: `planned` means that the sink cannot have it.
    // The row is locked since the load, so nobody sends it meanwhile.
    const text =
      open.state === 'cancelled'
        ? `update deliveries set state = 'cancelled', settled_at = $3, next_try_at = null, lease_until = null where program_no = $1 and id = $2`
        : `update deliveries set next_try_at = $3, tried_once = true, state = case state when 'refused' then 'planned' when 'parked' then 'waiting' else state end where program_no = $1 and id = $2`;
    run(
      save,
      `update delivery ${open.state === 'cancelled'}`,
      text,
      open.state === 'cancelled' ? [open.id, now] : [open.id, new Date(0)],
    );
  }
  const planned = world.deliveries.inserted().map((intent) => ({
    ...intent,
    ...ports.freeze(world, intent),
    state: 'planned',
    nextTryAt: intent.createdAt,
  }));
  insert(save, tables.DELIVERIES, planned);
}

/** Takes the events out of the queue; those that were ignored or parked keep why. */
export async function markHandled(
  client: PoolClient,
  statement: Statement,
  programNo: number,
  ids: readonly bigint[],
  folded: readonly Folded[],
): Promise<void> {
  const save: Saver = { client, statement, programNo, sent: [] };
  noteHandled(save, ids, folded);
  await Promise.all(save.sent);
}

function noteHandled(save: Saver, ids: readonly bigint[], folded: readonly Folded[]): void {
  run(save, 'dequeue', 'delete from inbox_queue where program_no = $1 and id = any($2::bigint[])', [ids]);
  run(save, 'batch done', 'delete from batches_in_flight where program_no = $1', []);
  const noted = folded.flatMap(({ id, outcome }) => (outcome.kind === 'handled' ? [] : [{ id, ...outcome }]));
  if (noted.length === 0) return;
  const text = `update inbox_events e set outcome = v.outcome, reason = v.reason
    from unnest($2::bigint[], $3::text[], $4::text[]) as v(id, outcome, reason) where e.program_no = $1 and e.id = v.id`;
  run(save, 'note outcomes', text, [noted.map((n) => n.id), noted.map((n) => n.kind), noted.map((n) => n.reason)]);
}
