/**
 * Tables and statements of the plain handler: what somebody who knows PostgreSQL would write for one webhook.
 * Promises: a unique key against doubles, an index for each lookup, one statement for each step. Must never: be worse
 * than that to make us look better.
 */
export const PLAIN_SCHEMA = `
  create table webhook_events (
    id bigint generated always as identity primary key,
    event_id text not null unique,
    type text not null,
    body jsonb not null,
    received_at timestamptz not null default now());
  create table referrals (referee_id text primary key, referrer_id text not null, created_at timestamptz not null default now());
  create table rewards (
    id bigint generated always as identity primary key,
    payment_id text not null unique,
    referrer_id text not null,
    referee_id text not null,
    amount bigint not null check (amount >= 0),
    base_amount bigint not null,
    currency text not null,
    status text not null check (status in ('credited', 'held')),
    first_payment boolean not null,
    paid_at timestamptz not null,
    created_at timestamptz not null default now());
  create index rewards_referee_idx on rewards (referee_id);
  create index rewards_velocity_idx on rewards (referrer_id, paid_at) where first_payment;
  create table ledger_entries (
    id bigint generated always as identity primary key,
    reward_id bigint not null references rewards (id),
    account text not null,
    amount bigint not null,
    created_at timestamptz not null default now());
  create index ledger_entries_reward_idx on ledger_entries (reward_id);
  create table balances (member_id text primary key, balance bigint not null check (balance >= 0))`;

export const PLAIN_GRANTS = (role: string) =>
  `grant select, insert, update on all tables in schema public to "${role}"; grant usage on all sequences in schema public to "${role}"`;

export const PLAIN_REFER = `insert into referrals (referee_id, referrer_id)
  select * from unnest($1::text[], $2::text[])`;

export const PLAIN_OPEN_BALANCES = `insert into balances (member_id, balance)
  select distinct referrer_id, 0 from referrals`;

export const INSERT_EVENT = `insert into webhook_events (event_id, type, body) values ($1, $2, $3)
  on conflict (event_id) do nothing`;

export const FIND_REFERRER = `select r.referrer_id, not exists (select from rewards w where w.referee_id = r.referee_id) as first_payment
  from referrals r where r.referee_id = $1`;

export const COUNT_FIRST_PAYMENTS = `select count(*)::int as seen from rewards
  where referrer_id = $1 and first_payment and paid_at > $2::timestamptz - interval '24 hours' and paid_at <= $2`;

export const INSERT_REWARD = `insert into rewards (payment_id, referrer_id, referee_id, amount, base_amount, currency, status, first_payment, paid_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (payment_id) do nothing returning id`;

export const INSERT_ENTRIES = `insert into ledger_entries (reward_id, account, amount)
  values ($1, 'program', -$2::bigint), ($1, $3, $2::bigint)`;

export const ADD_TO_BALANCE = 'update balances set balance = balance + $2 where member_id = $1';

/** How the verification reads it: all of it must fit together. */
export const PLAIN_FIGURES = `select
  (select count(*) from webhook_events) as events,
  (select count(*) from rewards) as rewards,
  (select count(*) from rewards where status = 'held') as held,
  (select coalesce(sum(amount), 0) from rewards) as owed,
  (select coalesce(sum(amount), 0) from rewards where status = 'credited') as credited,
  (select coalesce(sum(balance), 0) from balances) as balances,
  (select coalesce(sum(amount), 0) from ledger_entries) as entries_sum,
  (select count(*) from ledger_entries) as entries`;
