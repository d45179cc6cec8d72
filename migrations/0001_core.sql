-- The core: programs, the inbox, people, referrals, payments, rewards, the ledger, deliveries, audit.
-- What protects money is here (constraints, unique indexes, triggers); src/db/grants.sql.ts holds the privileges.
-- The program is the leading column of every key, so that tables can be distributed by it. Hot tables carry no foreign
-- keys where a statement trigger checks the same set-wise; their rows are never deleted by the service.

create table settings (
  key text primary key,
  value text not null
);
comment on table settings is 'One row per fact about this database: test_clock_now, created_under_test_clock.';

create table programs (
  no integer generated always as identity primary key,
  name text not null,
  created_at timestamptz not null,
  constraint programs_name_key unique (name)
);

create table program_versions (
  program_no integer not null references programs (no),
  version integer not null,
  hash text not null,
  file text not null,
  created_at timestamptz not null,
  primary key (program_no, version),
  constraint program_versions_hash_key unique (program_no, hash)
);

-- One nextval a batch hands the engine 65,536 ids. It is taken under the program's lock, so ids rise with commits.
create sequence ids as bigint increment by 65536;

-- Inbox ---------------------------------------------------------------------------------------------------------------

create table inbox_events (
  program_no integer not null,
  id bigint generated always as identity,
  source text not null,
  event_id text not null,
  type text not null,
  received_at timestamptz not null,
  occurred_at timestamptz,
  tried_once boolean not null default false,
  body text,
  body_hash bytea not null,
  outcome text,
  reason text,
  constraint inbox_events_outcome_check check (outcome in ('ignored', 'parked')),
  primary key (program_no, id)
);
-- 4 KB of JSON costs more to compress than to write.
alter table inbox_events alter column body set storage external;
comment on column inbox_events.outcome is 'null: handled, or pending while inbox_queue holds it; ignored and parked say why in reason.';
comment on column inbox_events.tried_once is 'Prefer: wait: what this event plans is delivered with one try before the answer.';
comment on column inbox_events.body is 'As received; null once purged or erased. body_hash and the key stay for ever.';
-- The one arbiter of "known before", kept for ever.
create unique index inbox_events_event_key on inbox_events (program_no, source, event_id);
create index inbox_events_outcome_idx on inbox_events (program_no, outcome, id) where outcome is not null;

create table inbox_queue (
  program_no integer not null,
  id bigint not null,
  primary key (program_no, id)
);
comment on table inbox_queue is 'What waits for the engine; a row goes in with its event and out with its effects.';

create table batches_in_flight (
  program_no integer primary key,
  worker text not null,
  first_id bigint not null,
  last_id bigint not null,
  started_at timestamptz not null
);
comment on table batches_in_flight is 'Written before a batch is folded, removed with its effects: found at a claim, its events run singly.';

create table source_types (
  program_no integer not null,
  source text not null,
  type text not null,
  first_seen_at timestamptz not null,
  primary key (program_no, source, type)
);
comment on table source_types is 'Which event types a source has ever delivered: invoice_payment.* decides what a bare payment intent may earn.';

-- People --------------------------------------------------------------------------------------------------------------

create table persons (
  program_no integer not null,
  id bigint not null,
  member_id text not null,
  created_at timestamptz not null,
  account_created_at timestamptz,
  signed_up_at timestamptz,
  completed_at timestamptz,
  email_hash text,
  email_verified boolean,
  domain_hash text,
  public_mailbox boolean not null default false,
  org_id text,
  rate bigint,
  tier text,
  suspended_at timestamptz,
  suspended_reason text,
  note text,
  first_payment_id bigint,
  first_paid_at timestamptz,
  merged_into bigint,
  deleted_at timestamptz,
  erased_at timestamptz,
  primary key (program_no, id),
  constraint persons_rate_check check (rate between 0 and 1000000),
  constraint persons_merged_check check (merged_into is null or merged_into <> id)
);
comment on column persons.rate is 'An individual rate in parts per million, set by an admin.';
comment on column persons.first_paid_at is 'Event time of the earliest payment that could earn.';
comment on column persons.email_hash is 'Keyed hash of the address as matched: plus tags, case and Gmail dots do not count.';
create index persons_email_idx on persons (program_no, email_hash) where email_hash is not null;
create index persons_created_idx on persons (program_no, created_at, id);

create table person_aliases (
  program_no integer not null,
  kind text not null,
  value text not null,
  person_id bigint not null,
  primary key (program_no, kind, value),
  constraint person_aliases_kind_check check (kind in ('member', 'customer'))
);
create index person_aliases_person_idx on person_aliases (program_no, person_id);

create table person_secrets (
  program_no integer not null,
  person_id bigint not null,
  key_version integer not null,
  email bytea,
  name bytea,
  primary key (program_no, person_id)
);
comment on table person_secrets is 'Address and name, each encrypted under a key derived from a salt beside it: deleting the row is the erasure.';

create table person_facts (
  program_no integer not null,
  kind text not null,
  value_hash text not null,
  person_id bigint not null,
  seen_at timestamptz not null,
  primary key (program_no, kind, value_hash, person_id),
  constraint person_facts_kind_check check (kind in ('ip', 'subnet', 'fingerprint', 'instrument'))
);
comment on table person_facts is 'Keyed hashes of what a person was seen with; fraud signals compare them.';
create index person_facts_person_idx on person_facts (program_no, person_id);

create table codes (
  program_no integer not null,
  code_key text not null,
  code text not null,
  person_id bigint not null,
  kind text not null,
  channel text,
  campaign text,
  created_at timestamptz not null,
  revoked_at timestamptz,
  suspended_at timestamptz,
  expires_at timestamptz,
  max_uses integer,
  uses integer not null default 0,
  primary key (program_no, code_key),
  constraint codes_kind_check check (kind in ('primary', 'link')),
  constraint codes_key_check check (code_key = lower(code)),
  constraint codes_uses_check check (uses >= 0 and (max_uses is null or uses <= max_uses))
);
create index codes_person_idx on codes (program_no, person_id);
create unique index codes_primary_key on codes (program_no, person_id) where kind = 'primary' and revoked_at is null;

create table referrals (
  program_no integer not null,
  referee_id bigint not null,
  id bigint not null,
  referrer_id bigint not null,
  code_key text not null,
  carrier text not null,
  status text not null,
  reason text,
  flags text[] not null default '{}',
  held boolean not null default false,
  evidence json not null,
  created_at timestamptz not null,
  completed_at timestamptz,
  primary key (program_no, referee_id),
  constraint referrals_not_oneself_check check (referee_id <> referrer_id),
  constraint referrals_status_check check (status in ('pending', 'completed', 'denied', 'void'))
);
create unique index referrals_id_key on referrals (program_no, id);
create index referrals_referrer_idx on referrals (program_no, referrer_id, created_at, id);

create table claims (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  code_key text not null,
  carrier text not null,
  outcome text not null,
  at timestamptz not null,
  cause_id bigint,
  primary key (program_no, id)
);
comment on table claims is 'Every code that came along with somebody, and what became of it; also those that lost.';
create index claims_person_idx on claims (program_no, person_id, id);

-- Payments ------------------------------------------------------------------------------------------------------------

create table payments (
  program_no integer not null,
  id bigint not null,
  source text not null,
  provider text not null,
  account text not null,
  source_payment_id text not null,
  name_rank integer not null,
  mode text not null,
  currency text,
  gross bigint,
  tax bigint,
  discount bigint,
  credit_applied bigint,
  settled_currency text,
  settled_gross bigint,
  figures_rank integer not null,
  kind text,
  paid_at timestamptz,
  person_id bigint,
  payer_by text,
  payer_rank integer not null,
  email_hash text,
  instrument_hash text,
  match_until timestamptz,
  unmatched boolean not null default false,
  merged_into bigint,
  reason text,
  created_at timestamptz not null,
  primary key (program_no, id),
  constraint payments_figures_check check ((gross is null) = (currency is null) and gross >= 0 and tax between 0 and gross),
  constraint payments_merged_check check (merged_into is null or merged_into <> id)
);
comment on column payments.gross is 'What was paid, tax included; null while only a refund or dispute has named the payment.';
comment on column payments.reason is 'Why it earned nothing; null when a rule granted something.';
comment on column payments.match_until is 'Until then it waits for an invoice to name it.';
create unique index payments_name_key on payments (program_no, source_payment_id) where merged_into is null;
create index payments_person_idx on payments (program_no, person_id, paid_at);
create index payments_email_idx on payments (program_no, email_hash) where email_hash is not null;
create index payments_match_idx on payments (program_no, match_until) where match_until is not null;
create index payments_reason_idx on payments (program_no, created_at, id) where reason is not null;

create table payment_aliases (
  program_no integer not null,
  provider text not null,
  account text not null,
  object_id text not null,
  payment_id bigint,
  primary key (program_no, provider, account, object_id)
);
comment on column payment_aliases.payment_id is 'null: two invoices share this object, so it is an alias of neither; payment_links tells the parts.';
create index payment_aliases_payment_idx on payment_aliases (program_no, payment_id);

create table payment_links (
  program_no integer not null,
  provider text not null,
  account text not null,
  object_id text not null,
  payment_id bigint not null,
  amount_paid bigint not null check (amount_paid >= 0),
  primary key (program_no, provider, account, object_id, payment_id)
);
create index payment_links_payment_idx on payment_links (program_no, payment_id);

create table deductions (
  program_no integer not null,
  provider text not null,
  account text not null,
  kind text not null,
  deduction_id text not null,
  object_id text not null,
  amount bigint not null check (amount >= 0),
  tax bigint check (tax >= 0),
  status text not null,
  primary key (program_no, provider, account, kind, deduction_id),
  constraint deductions_kind_check check (kind in ('refund', 'dispute')),
  constraint deductions_status_check check (status in ('pending', 'succeeded', 'failed', 'warning', 'open', 'won', 'lost'))
);
comment on table deductions is 'Refunds and disputes as told, whole; only what counts is clamped when a reward''s target is computed.';
create index deductions_object_idx on deductions (program_no, provider, account, object_id);

create table first_payments (
  program_no integer not null,
  referrer_id bigint not null,
  payment_id bigint not null,
  referee_id bigint not null,
  paid_at timestamptz not null,
  counted boolean not null,
  primary key (program_no, payment_id)
);
comment on table first_payments is 'First payments as they were decided; counted ones fill a velocity window, held ones do not.';
create index first_payments_window_idx on first_payments (program_no, referrer_id, paid_at) where counted;

-- Rewards -------------------------------------------------------------------------------------------------------------

create table reward_transitions (
  from_status text not null,
  to_status text not null,
  primary key (from_status, to_status)
);
insert into reward_transitions (from_status, to_status) values
  ('pending', 'credited'), ('pending', 'failed'), ('pending', 'rejected'), ('pending', 'reversed'),
  ('failed', 'credited'), ('failed', 'rejected'), ('failed', 'reversed'),
  ('credited', 'reversed'), ('reversed', 'credited'), ('reversed', 'pending');
comment on table reward_transitions is 'The status changes that exist. Credited never returns to pending.';

create table rewards (
  program_no integer not null,
  id bigint not null,
  rule text not null,
  beneficiary text not null,
  person_id bigint not null,
  member_id text not null,
  referrer_id bigint not null,
  referee_id bigint not null,
  status text not null,
  reason text,
  outcome text,
  flags text[] not null default '{}',
  unit text not null,
  amount bigint not null,
  reversed_amount bigint not null default 0,
  forfeited_amount bigint not null default 0,
  posted_amount bigint not null default 0,
  allowance bigint,
  rate bigint,
  conversion_num bigint not null default 1,
  conversion_den bigint not null default 1,
  base_amount bigint,
  base_currency text,
  source text,
  source_payment_id text,
  payment_id bigint,
  idempotency_key text not null,
  program_version integer not null,
  released boolean not null default false,
  approved_at timestamptz,
  delivered_amount bigint not null default 0,
  in_flight bigint,
  reverse_count integer not null default 0,
  restore_count integer not null default 0,
  created_at timestamptz not null,
  credited_at timestamptz,
  vests_at timestamptz,
  settles_at timestamptz,
  expires_at timestamptz,
  explain json not null,
  primary key (program_no, id),
  constraint rewards_status_check check (status in ('pending', 'credited', 'failed', 'reversed', 'rejected')),
  constraint rewards_beneficiary_check check (beneficiary in ('referrer', 'referee')),
  constraint rewards_amount_check check (amount >= 0 and posted_amount >= 0 and delivered_amount >= 0),
  constraint rewards_allowance_check check (allowance is null or amount <= allowance),
  constraint rewards_reversed_check check (reversed_amount between 0 and amount),
  constraint rewards_forfeited_check check (forfeited_amount >= 0 and reversed_amount + forfeited_amount <= amount),
  constraint rewards_idempotency_key unique (program_no, idempotency_key)
);
comment on column rewards.posted_amount is 'What of it stands in the ledger for the person now; the entries of the reward sum to it.';
comment on column rewards.delivered_amount is 'What the sink has confirmed, net of confirmed reversals; in_flight names the delivery that is not settled.';
comment on column rewards.released is 'The signals let it through; approved_at: a person did.';
-- One payment, one reward for each rule and person, by our id of the payment and by the provider's.
create unique index rewards_payment_key on rewards (program_no, payment_id, rule, person_id) where payment_id is not null;
create unique index rewards_source_payment_id_key on rewards (program_no, source_payment_id, rule, member_id);
create index rewards_person_idx on rewards (program_no, person_id, created_at, id);
create index rewards_referee_idx on rewards (program_no, referee_id);
create index rewards_status_idx on rewards (program_no, status, created_at, id) where status <> 'credited';
create index rewards_created_idx on rewards (created_at, id);
create index rewards_vests_idx on rewards (program_no, vests_at) where status = 'pending' and vests_at is not null;
create index rewards_settles_idx on rewards (program_no, settles_at) where status = 'pending' and settles_at is not null;

create function check_reward_transition() returns trigger language plpgsql as $$
begin
  if not exists (select from reward_transitions t where t.from_status = old.status and t.to_status = new.status) then
    raise exception 'a % reward cannot become %', old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger rewards_transition before update on rewards
  for each row when (old.status is distinct from new.status) execute function check_reward_transition();

create function check_reward_identity() returns trigger language plpgsql as $$
begin
  raise exception 'who earned a reward, by which rule and under which key it was delivered, never changes'
    using errcode = 'check_violation';
end $$;
-- A person may change by a join; a key only before anything was posted or sent under it.
create trigger rewards_identity before update on rewards for each row
  when (old.rule <> new.rule or old.unit <> new.unit or old.program_version <> new.program_version
    or (old.idempotency_key <> new.idempotency_key and (old.posted_amount > 0 or old.in_flight is not null or old.delivered_amount > 0)))
  execute function check_reward_identity();

-- A reward that waits for a match may turn out to be another's payment and go; one that money stood behind never does.
create function refuse_reward_delete() returns trigger language plpgsql as $$
begin
  raise exception 'reward % has a history in the ledger', old.id using errcode = 'check_violation';
end $$;
create trigger rewards_delete before delete on rewards for each row
  when (old.posted_amount > 0 or old.delivered_amount > 0 or old.in_flight is not null or old.credited_at is not null)
  execute function refuse_reward_delete();

create table reward_history (
  program_no integer not null,
  id bigint not null,
  reward_id bigint not null,
  status text not null,
  reason text,
  outcome text,
  amount bigint not null,
  at timestamptz not null,
  cause_id bigint,
  actor text,
  note text,
  primary key (program_no, reward_id, id)
);

-- Ledger --------------------------------------------------------------------------------------------------------------

create table ledger_transactions (
  program_no integer not null,
  id bigint not null,
  kind text not null,
  reward_id bigint,
  cause_id bigint,
  at timestamptz not null,
  xid xid8 not null default pg_current_xact_id(),
  primary key (program_no, id),
  constraint ledger_transactions_kind_check check (kind in
    ('earn', 'credit', 'release', 'deliver', 'spend', 'unspend', 'expire', 'forfeit', 'reverse', 'restore', 'repay', 'join'))
);
create index ledger_transactions_reward_idx on ledger_transactions (program_no, reward_id, id) where reward_id is not null;

create table ledger_entries (
  program_no integer not null,
  transaction_id bigint not null,
  line smallint not null,
  person_id bigint not null,
  account text not null,
  unit text not null,
  amount bigint not null,
  primary key (program_no, transaction_id, line),
  constraint ledger_entries_amount_check check (amount <> 0),
  constraint ledger_entries_account_check check (
    (person_id = 0 and account in ('rewards', 'spent', 'expired', 'forfeited'))
    or (person_id > 0 and account in ('pending', 'available', 'delivered', 'debt')))
);
comment on column ledger_entries.person_id is '0: an account of the program itself.';
comment on column ledger_entries.amount is 'Minor units; what comes in is positive. The entries of a transaction sum to zero per unit.';
create index ledger_entries_person_idx on ledger_entries (program_no, person_id, transaction_id) where person_id > 0;

create table balances (
  program_no integer not null,
  person_id bigint not null,
  account text not null,
  unit text not null,
  balance bigint not null,
  primary key (program_no, person_id, account, unit),
  constraint balances_sign_check check (case account when 'rewards' then true when 'debt' then balance <= 0 else balance >= 0 end)
);
comment on table balances is 'Kept by the trigger on ledger_entries alone; nobody else may write it. debt is what the person owes, below zero.';

-- Looks at whole statements: the entries of a ledger transaction come in one, as they balance. Runs as the owner: the
-- application's role cannot write balances itself.
create function post_entries() returns trigger language plpgsql security definer set search_path from current as $$
declare
  fault text;
begin
  select case
      when bool_or(t.xid is distinct from pg_current_xact_id()) then 'entries belong to a ledger transaction of the same database transaction'
      when bool_or(e.unbalanced) then 'ledger transaction ' || min(e.transaction_id) filter (where e.unbalanced) || ' does not sum to zero'
      when bool_or(t.kind <> 'join' and e.first_person <> e.last_person) then 'a ledger transaction touches one person only' end
    into fault
    from (
      select u.program_no, u.transaction_id, bool_or(u.sum <> 0) as unbalanced, min(u.first_person) as first_person, max(u.last_person) as last_person
        from (select n.program_no, n.transaction_id, sum(n.amount) as sum,
            min(n.person_id) filter (where n.person_id > 0) as first_person, max(n.person_id) filter (where n.person_id > 0) as last_person
          from new_entries n group by n.program_no, n.transaction_id, n.unit) u
       group by u.program_no, u.transaction_id) e
    left join ledger_transactions t on t.program_no = e.program_no and t.id = e.transaction_id;
  if fault is not null then
    raise exception '%', fault using errcode = 'check_violation';
  end if;
  -- Not an upsert: its CHECK would be asked about the difference before the conflict is seen.
  with changed as (
    select e.program_no, e.person_id, e.account, e.unit, sum(e.amount)::bigint as amount
    from new_entries e group by e.program_no, e.person_id, e.account, e.unit),
  updated as (
    update balances b set balance = b.balance + c.amount from changed c
    where b.program_no = c.program_no and b.person_id = c.person_id and b.account = c.account and b.unit = c.unit
    returning b.program_no, b.person_id, b.account, b.unit)
  insert into balances (program_no, person_id, account, unit, balance)
  select c.program_no, c.person_id, c.account, c.unit, c.amount from changed c
  where (c.program_no, c.person_id, c.account, c.unit) not in (select u.program_no, u.person_id, u.account, u.unit from updated u);
  return null;
end $$;
create trigger ledger_entries_post after insert on ledger_entries
  referencing new table as new_entries for each statement execute function post_entries();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;

create table lots (
  program_no integer not null,
  reward_id bigint not null,
  person_id bigint not null,
  unit text not null,
  granted bigint not null,
  remaining bigint not null,
  expired bigint not null default 0,
  expires_at timestamptz,
  created_at timestamptz not null,
  primary key (program_no, reward_id),
  constraint lots_remaining_check check (remaining >= 0 and expired >= 0 and remaining + expired <= granted)
);
comment on table lots is 'What of a reward is left to spend; used and expired in the order (expires_at nulls last, reward_id).';
create index lots_person_idx on lots (program_no, person_id, expires_at, reward_id) where remaining > 0;
create index lots_expiry_idx on lots (program_no, expires_at) where remaining > 0 and expires_at is not null;

create table debts (
  program_no integer not null,
  reward_id bigint not null,
  person_id bigint not null,
  unit text not null,
  amount bigint not null,
  remaining bigint not null,
  created_at timestamptz not null,
  primary key (program_no, reward_id),
  constraint debts_remaining_check check (remaining between 0 and amount)
);
comment on table debts is 'What a person owes because a reward was taken back after it was spent; later rewards repay it.';
create index debts_person_idx on debts (program_no, person_id) where remaining > 0;

create table seals (
  program_no integer not null,
  seq bigint not null,
  from_id bigint not null,
  to_id bigint not null,
  transactions bigint not null,
  previous bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null,
  primary key (program_no, seq)
);
comment on table seals is 'A hash chain over ranges of ledger transactions, written behind the ledger.';

-- Deliveries ----------------------------------------------------------------------------------------------------------

create table deliveries (
  program_no integer not null,
  id bigint not null,
  reward_id bigint not null,
  kind text not null,
  amount bigint not null check (amount > 0),
  unit text not null,
  idempotency_key text not null,
  sink text not null,
  request text not null,
  state text not null,
  outcome text,
  tried_once boolean not null,
  attempts integer not null default 0,
  retries integer not null default 0,
  epoch integer not null default 0,
  lease_until timestamptz,
  first_try_at timestamptz,
  next_try_at timestamptz,
  reference text,
  cause_id bigint,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (program_no, id),
  constraint deliveries_kind_check check (kind in ('create', 'reverse', 'restore')),
  constraint deliveries_state_check check (state in ('planned', 'sending', 'accepted', 'waiting', 'parked', 'confirmed', 'refused', 'cancelled')),
  constraint deliveries_outcome_check check (outcome in ('refused', 'unknown', 'not_sent')),
  constraint deliveries_idempotency_key unique (program_no, idempotency_key)
);
comment on column deliveries.request is 'The frozen request; every try sends these bytes under this key.';
comment on column deliveries.state is 'planned → sending → confirmed | refused | accepted (202) | waiting (tried again later) | parked (a person acts).';
create index deliveries_due_idx on deliveries (program_no, next_try_at) where next_try_at is not null;
create index deliveries_lease_idx on deliveries (program_no, lease_until) where state = 'sending';
create index deliveries_reward_idx on deliveries (program_no, reward_id, id);
create unique index deliveries_one_open_key on deliveries (program_no, reward_id) where settled_at is null;
create unique index deliveries_reference_key on deliveries (program_no, sink, kind, reference) where reference is not null;

create table delivery_attempts (
  program_no integer not null,
  delivery_id bigint not null,
  no integer not null,
  epoch integer not null,
  at timestamptz not null,
  action text not null,
  outcome text not null,
  status integer,
  detail text,
  duration_ms integer not null,
  primary key (program_no, delivery_id, no),
  constraint delivery_attempts_action_check check (action in ('send', 'lookup'))
);

create table sink_breakers (
  program_no integer primary key,
  failures integer not null,
  open_until timestamptz
);

-- Audit ---------------------------------------------------------------------------------------------------------------

create table api_keys (
  program_no integer not null,
  id text not null,
  name text not null,
  prefix text not null,
  hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (program_no, id)
);
comment on table api_keys is 'Server keys: sha256 of a 256-bit secret; shown once.';
create unique index api_keys_hash_key on api_keys (hash);

create table audit_log (
  id bigint primary key,
  program_no integer,
  at timestamptz not null,
  actor text not null,
  action text not null,
  target text not null,
  reason text,
  before json,
  after json
);
create index audit_log_program_idx on audit_log (program_no, id);

-- Append-only, for every role: privileges refuse first, these refuse the rest, TRUNCATE too.
do $$
declare name text;
begin
  foreach name in array array['ledger_transactions', 'ledger_entries', 'reward_history', 'seals', 'audit_log', 'delivery_attempts', 'claims', 'program_versions']
  loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()', name || '_append_only', name);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()', name || '_no_truncate', name);
  end loop;
end $$;
