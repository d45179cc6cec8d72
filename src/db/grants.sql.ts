// What the application's role may do: the whole answer is in this file. Money is protected by what is missing here:
// rows of an append-only table can be added and read, and no code can change or remove one, whatever its mistake.
// Applied after every migration, from nothing each time, so that a privilege taken out of this list is gone.
import pg from 'pg';

export type Grant = { readonly table: string; readonly privileges: string };

/** What is true once stays written. */
export const APPEND_ONLY: readonly string[] = [
  'ledger_transactions',
  'ledger_entries',
  'reward_approvals',
  'seals',
  'delivery_attempts',
  'claims',
  'tier_changes',
  'program_versions',
  'spend_lots',
  'fund_starts',
  'fund_runs',
  'fund_lines',
  'fund_shares',
  'reports',
];

/** Tables that are neither append-only nor the application's to change freely. */
export const EXCEPTIONS: readonly Grant[] = [
  { table: 'balances', privileges: 'select' },
  { table: 'reward_days', privileges: 'select' },
  { table: 'referral_counts', privileges: 'select' },
  // What people wrote in them is blanked when a person is erased.
  { table: 'audit_log', privileges: 'select, insert, update (reason, before, after, salt)' },
  { table: 'reward_history', privileges: 'select, insert, update (note, salt)' },
  // By a join, and once by a void.
  { table: 'spends', privileges: 'select, insert, update (person_id, voided_at)' },
  // Nothing that was planned to be paid is ever removed.
  { table: 'fund_payouts', privileges: 'select, insert, update' },
  { table: 'suspensions', privileges: 'select, insert, update (person_id, lifted_at, lifted_by, notified_at)' },
  // By a join, and once when it is given back.
  { table: 'forfeits', privileges: 'select, insert, update (person_id, restored_at)' },
  {
    table: 'appeals',
    privileges: 'select, insert, update (person_id, state, decided_at, decided_by, note, notified_at)',
  },
  { table: 'schema_migrations', privileges: 'select' },
  { table: 'schema_migrations_lock', privileges: 'select' },
];

const APPEND = 'select, insert';
const CHANGE = 'select, insert, update, delete';

const { escapeIdentifier } = pg;

/** One grant per table there is. A listed table that is not there is a slip that would leave another unprotected. */
export function grantsFor(
  tables: readonly string[],
  appendOnly: readonly string[] = APPEND_ONLY,
  exceptions: readonly Grant[] = EXCEPTIONS,
): Grant[] {
  const listed = new Map([
    ...appendOnly.map((table) => [table, APPEND] as const),
    ...exceptions.map(({ table, privileges }) => [table, privileges] as const),
  ]);
  const unknown = [...listed.keys()].filter((table) => !tables.includes(table));
  if (unknown.length > 0) throw new Error(`grants.sql.ts lists tables that do not exist: ${unknown.join(', ')}`);
  return tables.map((table) => ({ table, privileges: listed.get(table) ?? CHANGE }));
}

export function grantStatements(role: string, grants: readonly Grant[]): string {
  const to = escapeIdentifier(role);
  return [
    `grant usage on schema public to ${to}`,
    `revoke all on all tables in schema public from ${to}`,
    ...grants.map(({ table, privileges }) => `grant ${privileges} on public.${escapeIdentifier(table)} to ${to}`),
    `grant usage, select on all sequences in schema public to ${to}`,
    `grant execute on all functions in schema public to ${to}`,
  ].join(';\n');
}

/** The job queue brings its own schema; the role works in it as the queue's own code expects. */
export function jobGrantStatements(role: string, schema: string, tablesWithoutPolicy: readonly string[]): string {
  const to = escapeIdentifier(role);
  const at = escapeIdentifier(schema);
  return [
    `grant usage on schema ${at} to ${to}`,
    `grant ${CHANGE} on all tables in schema ${at} to ${to}`,
    `grant usage, select on all sequences in schema ${at} to ${to}`,
    `grant execute on all functions in schema ${at} to ${to}`,
    ...tablesWithoutPolicy.map(
      (table) =>
        `create policy ${escapeIdentifier(`plusone_${role}`)} on ${at}.${escapeIdentifier(table)}
           to ${to} using (true) with check (true)`,
    ),
  ].join(';\n');
}

export const PUBLIC_TABLES = `
  select class.relname as name
    from pg_class class join pg_namespace namespace on namespace.oid = class.relnamespace
   where namespace.nspname = 'public' and class.relkind in ('r', 'p', 'v', 'm')
   order by class.relname`;

/** $1: schema, $2: role. Row-level security without a policy for the role would show it empty tables. */
export const TABLES_WITHOUT_POLICY = `
  select class.relname as name
    from pg_class class join pg_namespace namespace on namespace.oid = class.relnamespace
   where namespace.nspname = $1 and class.relrowsecurity
     and not exists (
       select 1 from pg_policies policy
        where policy.schemaname = $1 and policy.tablename = class.relname and $2 = any (policy.roles))
   order by class.relname`;
