/**
 * How the engine's records lie in the database: one description for each table, used to load and to save.
 * Promises: a record loaded and saved again is the same row; one statement a table and batch, its text fixed, so that
 * it is prepared once. Must never: build SQL out of data.
 */
export type ColumnType = 'bigint' | 'integer' | 'smallint' | 'text' | 'timestamptz' | 'boolean' | 'text[]' | 'json';

export interface TableSpec {
  readonly name: string;
  readonly key: readonly string[];
  /** Record field → column type; the column's name is the field's in snake case. */
  readonly columns: Readonly<Record<string, ColumnType>>;
}

const snake = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function table(name: string, key: string[], columns: Record<string, ColumnType>): TableSpec {
  return { name, key, columns };
}

export const PERSONS = table('persons', ['id'], {
  id: 'bigint',
  memberId: 'text',
  createdAt: 'timestamptz',
  accountCreatedAt: 'timestamptz',
  signedUpAt: 'timestamptz',
  completedAt: 'timestamptz',
  emailHash: 'text',
  claimHash: 'text',
  emailVerified: 'boolean',
  domainHash: 'text',
  publicMailbox: 'boolean',
  disposable: 'boolean',
  orgId: 'text',
  rate: 'bigint',
  tier: 'text',
  suspendedAt: 'timestamptz',
  suspendedReason: 'text',
  note: 'text',
  firstPaymentId: 'bigint',
  firstPaidAt: 'timestamptz',
  mergedInto: 'bigint',
  deletedAt: 'timestamptz',
  erasedAt: 'timestamptz',
});
export const ERASED_PRINTS = table('erased_prints', ['kind', 'valueHash'], {
  kind: 'text',
  valueHash: 'text',
  personId: 'bigint',
});
export const PERSON_ALIASES = table('person_aliases', ['kind', 'value'], {
  kind: 'text',
  value: 'text',
  personId: 'bigint',
});
export const PERSON_FACTS = table('person_facts', ['kind', 'valueHash', 'personId'], {
  kind: 'text',
  valueHash: 'text',
  personId: 'bigint',
  seenAt: 'timestamptz',
});
export const CODES = table('codes', ['codeKey'], {
  codeKey: 'text',
  code: 'text',
  personId: 'bigint',
  kind: 'text',
  channel: 'text',
  campaign: 'text',
  createdAt: 'timestamptz',
  revokedAt: 'timestamptz',
  suspendedAt: 'timestamptz',
  expiresAt: 'timestamptz',
  maxUses: 'integer',
  uses: 'integer',
});
export const REFERRALS = table('referrals', ['refereeId'], {
  id: 'bigint',
  refereeId: 'bigint',
  referrerId: 'bigint',
  codeKey: 'text',
  carrier: 'text',
  status: 'text',
  reason: 'text',
  flags: 'text[]',
  held: 'boolean',
  evidence: 'json',
  createdAt: 'timestamptz',
  completedAt: 'timestamptz',
  qualifiedAt: 'timestamptz',
  qualifyUntil: 'timestamptz',
});
export const REFERRAL_COUNTS = table('referral_counts', ['personId'], { personId: 'bigint', qualified: 'bigint' });
export const DOMAIN_USES = table('domain_uses', ['codeKey', 'domainHash'], {
  codeKey: 'text',
  domainHash: 'text',
  refereeId: 'bigint',
});
export const USAGE_TOTALS = table('usage_totals', ['personId'], {
  personId: 'bigint',
  quantity: 'bigint',
  billable: 'bigint',
  qualifyingAt: 'timestamptz',
  lastAt: 'timestamptz',
});
export const USAGE_EVENTS = table('usage_events', ['personId', 'usageId'], {
  personId: 'bigint',
  usageId: 'text',
  quantity: 'bigint',
  billable: 'boolean',
  at: 'timestamptz',
});
export const TIER_CHANGES = table('tier_changes', ['personId', 'id'], {
  id: 'bigint',
  personId: 'bigint',
  tier: 'text',
  since: 'timestamptz',
});
export const MONTH_VOLUMES = table('month_volumes', ['personId', 'month'], {
  personId: 'bigint',
  month: 'text',
  net: 'bigint',
});
export const CLAIMS = table('claims', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  codeKey: 'text',
  carrier: 'text',
  outcome: 'text',
  at: 'timestamptz',
  causeId: 'bigint',
});
export const CODE_ALIASES = table('code_aliases', ['provider', 'account', 'objectId'], {
  provider: 'text',
  account: 'text',
  objectId: 'text',
  codeKey: 'text',
  toldAt: 'timestamptz',
});
export const PAYMENTS = table('payments', ['id'], {
  id: 'bigint',
  source: 'text',
  provider: 'text',
  account: 'text',
  sourcePaymentId: 'text',
  nameRank: 'integer',
  mode: 'text',
  currency: 'text',
  gross: 'bigint',
  tax: 'bigint',
  discount: 'bigint',
  creditApplied: 'bigint',
  settledCurrency: 'text',
  settledGross: 'bigint',
  figuresRank: 'integer',
  kind: 'text',
  paidAt: 'timestamptz',
  personId: 'bigint',
  payerBy: 'text',
  payerRank: 'integer',
  emailHash: 'text',
  instrumentHash: 'text',
  matchUntil: 'timestamptz',
  unmatched: 'boolean',
  mergedInto: 'bigint',
  reason: 'text',
  createdAt: 'timestamptz',
});
export const PAYMENT_ALIASES = table('payment_aliases', ['provider', 'account', 'objectId'], {
  provider: 'text',
  account: 'text',
  objectId: 'text',
  paymentId: 'bigint',
});
export const PAYMENT_LINKS = table('payment_links', ['provider', 'account', 'objectId', 'paymentId'], {
  provider: 'text',
  account: 'text',
  objectId: 'text',
  paymentId: 'bigint',
  amountPaid: 'bigint',
});
export const DEDUCTIONS = table('deductions', ['provider', 'account', 'kind', 'deductionId'], {
  provider: 'text',
  account: 'text',
  kind: 'text',
  deductionId: 'text',
  objectId: 'text',
  amount: 'bigint',
  tax: 'bigint',
  status: 'text',
});
export const FIRST_PAYMENTS = table('first_payments', ['paymentId'], {
  referrerId: 'bigint',
  refereeId: 'bigint',
  paymentId: 'bigint',
  paidAt: 'timestamptz',
  counted: 'boolean',
});
export const REWARDS = table('rewards', ['id'], {
  id: 'bigint',
  rule: 'text',
  beneficiary: 'text',
  personId: 'bigint',
  memberId: 'text',
  referrerId: 'bigint',
  refereeId: 'bigint',
  status: 'text',
  reason: 'text',
  outcome: 'text',
  flags: 'text[]',
  unit: 'text',
  amount: 'bigint',
  reversedAmount: 'bigint',
  forfeitedAmount: 'bigint',
  postedAmount: 'bigint',
  allowance: 'bigint',
  fixedAmount: 'bigint',
  rate: 'bigint',
  conversionNum: 'bigint',
  conversionDen: 'bigint',
  baseAmount: 'bigint',
  baseCurrency: 'text',
  source: 'text',
  sourcePaymentId: 'text',
  paymentId: 'bigint',
  idempotencyKey: 'text',
  programVersion: 'integer',
  released: 'boolean',
  approvedAt: 'timestamptz',
  deliveredAmount: 'bigint',
  inFlight: 'bigint',
  reverseCount: 'integer',
  restoreCount: 'integer',
  createdAt: 'timestamptz',
  creditedAt: 'timestamptz',
  vestsAt: 'timestamptz',
  settlesAt: 'timestamptz',
  expiresAt: 'timestamptz',
  explain: 'json',
});
export const REWARD_HISTORY = table('reward_history', ['id'], {
  id: 'bigint',
  rewardId: 'bigint',
  status: 'text',
  reason: 'text',
  outcome: 'text',
  amount: 'bigint',
  at: 'timestamptz',
  causeId: 'bigint',
  actor: 'text',
  note: 'text',
});
export const LEDGER_TRANSACTIONS = table('ledger_transactions', ['id'], {
  id: 'bigint',
  kind: 'text',
  rewardId: 'bigint',
  spendId: 'bigint',
  causeId: 'bigint',
  at: 'timestamptz',
});
export const LEDGER_ENTRIES = table('ledger_entries', ['transactionId', 'line'], {
  transactionId: 'bigint',
  line: 'smallint',
  personId: 'bigint',
  account: 'text',
  unit: 'text',
  amount: 'bigint',
});
export const LOTS = table('lots', ['rewardId'], {
  rewardId: 'bigint',
  personId: 'bigint',
  unit: 'text',
  granted: 'bigint',
  remaining: 'bigint',
  expired: 'bigint',
  expiresAt: 'timestamptz',
  expiries: 'integer',
  allowed: 'bigint',
  createdAt: 'timestamptz',
});
export const DEBTS = table('debts', ['rewardId'], {
  rewardId: 'bigint',
  personId: 'bigint',
  unit: 'text',
  amount: 'bigint',
  remaining: 'bigint',
  createdAt: 'timestamptz',
});
export const SPENDS = table('spends', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  memberId: 'text',
  unit: 'text',
  amount: 'bigint',
  idempotencyKey: 'text',
  reason: 'text',
  balanceAfter: 'bigint',
  causeId: 'bigint',
  createdAt: 'timestamptz',
  voidedAt: 'timestamptz',
});
/** All of a spend that ever changes: by a join, and once by a void. */
export const SPEND_CHANGES = table('spends', ['id'], { id: 'bigint', personId: 'bigint', voidedAt: 'timestamptz' });
export const SPEND_LOTS = table('spend_lots', ['spendId', 'rewardId'], {
  spendId: 'bigint',
  rewardId: 'bigint',
  amount: 'bigint',
});
export const AUDIT_LOG = table('audit_log', ['id'], {
  id: 'bigint',
  at: 'timestamptz',
  actor: 'text',
  action: 'text',
  target: 'text',
  reason: 'text',
  before: 'json',
  after: 'json',
});
export const DELIVERIES = table('deliveries', ['id'], {
  id: 'bigint',
  rewardId: 'bigint',
  kind: 'text',
  amount: 'bigint',
  unit: 'text',
  idempotencyKey: 'text',
  sink: 'text',
  request: 'text',
  state: 'text',
  triedOnce: 'boolean',
  causeId: 'bigint',
  createdAt: 'timestamptz',
  nextTryAt: 'timestamptz',
});
export const SOURCE_TYPES = table('source_types', ['source', 'type'], {
  source: 'text',
  type: 'text',
  firstSeenAt: 'timestamptz',
});

function columnList(spec: TableSpec): string {
  return Object.keys(spec.columns).map(snake).join(', ');
}

/** Under the names of the record's fields: the row that node-postgres makes is the record. */
export function asRecord(spec: TableSpec, alias: string): string {
  return Object.keys(spec.columns)
    .map((field) => `${alias}.${snake(field)} as "${field}"`)
    .join(', ');
}

/**
 * One row of `v` for each element. unnest cannot make an array of arrays: lists travel as their literal, documents as
 * text. In the select list and not in `from`, where PostgreSQL keeps each column in a store of its own first and reads it
 * back value by value: a row of forty columns takes 4.8 us so and 7.5 us there, before its indexes.
 */
function unnested(spec: TableSpec): { from: string; select: string } {
  const fields = Object.entries(spec.columns);
  const isText = (type: ColumnType) => type === 'text[]' || type === 'json';
  const columns = fields.map(
    ([field, type], i) => `unnest($${i + 2}::${isText(type) ? 'text' : type}[]) as ${snake(field)}`,
  );
  const select = fields.map(([field, type]) => `v.${snake(field)}${isText(type) ? `::${type}` : ''}`);
  return { from: `(select ${columns.join(', ')}) v`, select: select.join(', ') };
}

/** $1 is the program's number, then one array a column. */
export function insertSql(spec: TableSpec): string {
  const { from, select } = unnested(spec);
  return `insert into ${spec.name} (program_no, ${columnList(spec)}) select $1, ${select} from ${from}`;
}

export function updateSql(spec: TableSpec): string {
  const { from } = unnested(spec);
  const changed = Object.entries(spec.columns).filter(([field]) => !spec.key.includes(field));
  const sets = changed.map(
    ([field, type]) => `${snake(field)} = v.${snake(field)}${type === 'text[]' || type === 'json' ? `::${type}` : ''}`,
  );
  const keys = spec.key.map((field) => `t.${snake(field)} = v.${snake(field)}`);
  return `update ${spec.name} t set ${sets.join(', ')} from ${from} where t.program_no = $1 and ${keys.join(' and ')}`;
}

/**
 * Rows by keys, one index lookup a key: `offset 0` keeps the planner from turning it into a join over the program.
 * $1 is the program's number, then one array a key column; `more` may use what comes after those.
 */
export function selectSql(spec: TableSpec, by: readonly string[], more = ''): string {
  const args = by.map((field, i) => `$${i + 2}::${spec.columns[field]}[]`);
  const names = by.map((_field, i) => `k${i}`);
  const matches = by.map((field, i) => `t.${snake(field)} = k.k${i}`);
  const found = `select * from ${spec.name} t where t.program_no = $1 and ${matches.join(' and ')} ${more} offset 0`;
  return `select ${asRecord(spec, 'f')} from unnest(${args.join(', ')}) as k(${names.join(', ')}) cross join lateral (${found}) f`;
}

export function selectAllSql(spec: TableSpec): string {
  return `select ${asRecord(spec, 't')} from ${spec.name} t where t.program_no = $1`;
}
