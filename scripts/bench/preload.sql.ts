/**
 * Fills a database with the history of a program that has run for long, by the owner, set-wise.
 * Promises: rows as the engine would have left them: every payment with its objects, reward, postings and lot, balances
 * that equal their entries, bodies purged. Must never: go through the triggers row by row; they are off while this runs.
 *
 * Ids: `base` + 1 … members are the persons; then four for each payment: payment, reward, transaction, history.
 */
export interface PreloadSize {
  readonly rewards: number;
  readonly members: number;
  /** When the last payment was made; the others a minute apart, before it. */
  readonly until: Date;
}

export const SESSION = `set session_replication_role = replica; set synchronous_commit = off;
  set maintenance_work_mem = '512MB'; set work_mem = '128MB'`;

/** Indexes that no constraint needs: made anew afterwards, which is much faster than keeping them up. */
export const PLAIN_INDEXES = `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
  from pg_index i join pg_class c on c.oid = i.indrelid
  where c.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`;

export const dropIndex = (name: string): string => `drop index ${name}`;

export const PROGRAM = `select no, (select max(version) from program_versions v where v.program_no = p.no) as version from programs p where name = 'claudexia'`;

/** Five of nine were referred by the first member, the others by a tenth of the members in turn. */
export function preloadSql(
  program: { no: number; version: number },
  base: bigint,
  { rewards, members, until }: PreloadSize,
): string[] {
  const { no, version } = program;
  const referrers = Math.max(1, Math.floor(members / 10));
  const referees = members - referrers;
  const first = base + BigInt(members);
  const referrerOf = (referee: string) => `case when ${referee} % 9 < 5 then 0 else ${referee} % ${referrers} end`;
  const people = `generate_series(1, ${members}) i`;
  // Payment n (from 0): made by referee, for referrer.
  const payments = `(select n, ${first} + 4 * n::bigint + 1 as id, ${base} + ${referrers} + 1 + n % ${referees} as referee,
      ${base} + 1 + ${referrerOf(`(n % ${referees})`)} as referrer, 50 + n % 450 as amount,
      timestamptz '${until.toISOString()}' - (${rewards} - n) * interval '1 minute' as at from generate_series(0, ${rewards - 1}) n) p`;
  return [
    `insert into persons (program_no, id, member_id, created_at, account_created_at, signed_up_at, completed_at, email_hash, email_verified, domain_hash, first_payment_id, first_paid_at)
      select ${no}, ${base} + i, 'old_' || i, t.at, t.at, t.at, t.at, md5('mail' || i), true, md5('domain' || i % 5000),
        case when i > ${referrers} and i - ${referrers} <= ${rewards} then ${first} + 4 * (i - ${referrers} - 1)::bigint + 1 end,
        case when i > ${referrers} and i - ${referrers} <= ${rewards} then t.at end
      from ${people}, lateral (select timestamptz '2020-01-01 00:00Z' + i * interval '1 minute' as at) t`,
    `insert into person_aliases (program_no, kind, value, person_id) select ${no}, 'member', 'old_' || i, ${base} + i from ${people} order by 3`,
    `insert into codes (program_no, code_key, code, person_id, kind, created_at) select ${no}, 'old' || i, 'OLD' || i, ${base} + i, 'primary', '2020-01-01Z' from ${people} order by 2`,
    `insert into referrals (program_no, referee_id, id, referrer_id, code_key, carrier, status, evidence, created_at, completed_at, qualified_at)
      select ${no}, ${base} + i, ${base} + i, ${base} + 1 + r.referrer, 'old' || 1 + r.referrer, 'referral_code', 'completed', '[]', '2020-01-01Z', '2020-01-01Z', '2020-01-01Z'
      from generate_series(${referrers} + 1, ${members}) i cross join lateral (select ${referrerOf(`(i - ${referrers} - 1)`)} as referrer) r`,
    `insert into referral_counts (program_no, person_id, pending, completed, qualified, last_at)
      select program_no, referrer_id, 0, count(*), count(*), max(created_at) from referrals where program_no = ${no} and id > ${base} and id <= ${first} group by 1, 2`,
    `insert into inbox_events (program_no, source, event_id, type, received_at, occurred_at, body_hash)
      select ${no}, 'stripe', 'evt_old' || lpad(n::text, 9, '0'), 'checkout.session.completed', p.at, p.at, sha256(int4send(n)) from ${payments}`,
    `insert into payments (program_no, id, source, provider, account, source_payment_id, name_rank, mode, currency, gross, tax, figures_rank, kind, paid_at, person_id, payer_by, payer_rank, email_hash, created_at)
      select ${no}, p.id, 'stripe', 'stripe', '', 'pi_old' || lpad(n::text, 9, '0'), 1, 'test', 'usd', p.amount * 20, 0, 3, 'top_up', p.at, p.referee, 'metadata.user_id', 0, md5('mail' || p.referee - ${base}), p.at from ${payments}`,
    ...['cs_test_old', 'pi_old'].map(
      (prefix) => `insert into payment_aliases (program_no, provider, account, object_id, payment_id)
      select ${no}, 'stripe', '', '${prefix}' || lpad(n::text, 9, '0'), p.id from ${payments}`,
    ),
    `insert into first_payments (program_no, referrer_id, payment_id, referee_id, paid_at, counted)
      select ${no}, p.referrer, p.id, p.referee, p.at, true from ${payments} where n < ${referees}`,
    `insert into rewards (program_no, id, rule, beneficiary, person_id, member_id, referrer_id, referee_id, status, unit, amount, posted_amount, rate, base_amount, base_currency, source, source_payment_id, payment_id, idempotency_key, program_version, released, created_at, credited_at, explain)
      select ${no}, p.id + 1, 'top_up_share', 'referrer', p.referrer, 'old_' || p.referrer - ${base}, p.referrer, p.referee, 'credited', 'usd', p.amount, p.amount, 50000, p.amount * 20, 'usd', 'stripe',
        'pi_old' || lpad(n::text, 9, '0'), p.id, 'ref:auto:pi_old' || lpad(n::text, 9, '0'), ${version}, true, p.at, p.at, '${EXPLAIN}' from ${payments}`,
    `insert into reward_days (program_no, person_id, unit, day, earned, pending)
      select ${no}, p.referrer, 'usd', (p.at at time zone 'UTC')::date, sum(p.amount), 0 from ${payments} group by p.referrer, (p.at at time zone 'UTC')::date`,
    `insert into ledger_transactions (program_no, id, kind, reward_id, cause_id, at) select ${no}, p.id + 2, 'credit', p.id + 1, 0, p.at from ${payments}`,
    `insert into ledger_entries (program_no, transaction_id, line, person_id, account, unit, amount)
      select ${no}, p.id + 2, l.line, case l.line when 1 then 0 else p.referrer end, case l.line when 1 then 'rewards' else 'available' end, 'usd', case l.line when 1 then -p.amount else p.amount end
      from ${payments} cross join (values (1), (2)) l(line)`,
    `insert into reward_history (program_no, id, reward_id, status, amount, at, cause_id) select ${no}, p.id + 3, p.id + 1, 'credited', p.amount, p.at, 0 from ${payments}`,
    `insert into lots (program_no, reward_id, person_id, unit, granted, allowed, remaining, created_at) select ${no}, p.id + 1, p.referrer, 'usd', p.amount, p.amount, p.amount, p.at from ${payments}`,
    `insert into balances (program_no, person_id, account, unit, balance)
      select ${no}, e.person_id, e.account, e.unit, sum(e.amount) from ledger_entries e where e.program_no = ${no} group by 2, 3, 4`,
    `select setval('ids', ${first} + 4 * ${rewards}::bigint + 65536)`,
  ];
}

/** What Claudexia's two signals and one rule leave behind. */
const EXPLAIN = JSON.stringify([
  { asked: 'rule top_up_share', saw: { net: 2000, currency: 'usd', minimum_payment: 500, rate: '5%' }, said: 'earns' },
  { asked: 'signal velocity', saw: { first_payment: false }, said: 'clear' },
  { asked: 'signal self_referral', saw: { asked: ['member', 'email'], matched: [] }, said: 'clear' },
  { asked: 'assessed', saw: { flags: [], first_payment: false }, said: 'clear' },
]);
