-- The Open Source Fund: a share of what referred members pay, for the people whose code ships.
-- Its money is in the one ledger, under accounts of its own; contributors have ids of the same sequence as persons and
-- are none. What was distributed stays written; the unique keys make a second run, share or payout impossible.

alter table ledger_transactions add column fund_id bigint;
comment on column ledger_transactions.fund_id is 'The run, share or payout of the fund that it belongs to.';
-- Each thing happens once: a run grants once, a share is given once, a payout is paid once.
create unique index ledger_transactions_fund_key on ledger_transactions (program_no, fund_id, kind) where fund_id is not null;
-- What was kept for somebody goes to them or back to the fund.
create unique index ledger_transactions_kept_key on ledger_transactions (program_no, fund_id)
  where kind in ('fund_claim', 'fund_return');

alter table ledger_transactions drop constraint ledger_transactions_kind_check;
alter table ledger_transactions add constraint ledger_transactions_kind_check check (kind in
  ('earn', 'credit', 'release', 'deliver', 'spend', 'unspend', 'expire', 'forfeit', 'reverse', 'restore', 'repay', 'join',
   'fund_grant', 'fund_share', 'fund_claim', 'fund_return', 'fund_payout'));
alter table ledger_transactions add constraint ledger_transactions_fund_check check ((fund_id is not null) = (kind like 'fund\_%'));

alter table ledger_entries drop constraint ledger_entries_account_check;
alter table ledger_entries add constraint ledger_entries_account_check check (
  (person_id = 0 and account in ('rewards', 'spent', 'expired', 'forfeited', 'fund_revenue', 'fund', 'fund_kept'))
  or (person_id > 0 and account in ('pending', 'available', 'delivered', 'debt', 'fund_owed', 'fund_paid')));

alter table balances drop constraint balances_sign_check;
alter table balances add constraint balances_sign_check check (
  case account when 'rewards' then true when 'fund_revenue' then true when 'debt' then balance <= 0 else balance >= 0 end);

create table fund_starts (
  program_no integer primary key,
  since text not null,
  created_at timestamptz not null,
  constraint fund_starts_since_check check (since ~ '^\d{4}-(0[1-9]|1[0-2])$')
);
comment on table fund_starts is 'The first month that counts: adding a fund pays nobody for the past.';

create table fund_contributors (
  program_no integer not null,
  id bigint not null,
  github_username text not null,
  member_id text,
  proved_at timestamptz,
  key_version integer,
  details bytea,
  created_at timestamptz not null,
  primary key (program_no, id),
  constraint fund_contributors_details_check check ((details is null) = (key_version is null))
);
comment on table fund_contributors is 'Who registered. Only with a proved address: until then it is no more than a wish.';
comment on column fund_contributors.details is 'Payout details, encrypted under a key derived from a salt beside them: needed to be paid, not to be attributed.';
create unique index fund_contributors_username_key on fund_contributors (program_no, lower(github_username)) where proved_at is not null;
create unique index fund_contributors_member_key on fund_contributors (program_no, member_id) where member_id is not null;

create table fund_identities (
  program_no integer not null,
  identity text not null,
  key_version integer not null,
  address bytea,
  name bytea,
  contributor_id bigint,
  proved_at timestamptz,
  first_seen_at timestamptz not null,
  primary key (program_no, identity),
  constraint fund_identities_proved_check check ((contributor_id is null) = (proved_at is null))
);
comment on table fund_identities is 'Addresses that commits carry, by keyed hash; the address and the name of the author, encrypted.';
create index fund_identities_contributor_idx on fund_identities (program_no, contributor_id) where contributor_id is not null;

create table fund_runs (
  program_no integer not null,
  month text not null,
  id bigint not null,
  program_version integer not null,
  unit text not null,
  total bigint not null,
  base bigint not null,
  rate bigint not null,
  granted bigint not null,
  carried bigint not null,
  returned bigint not null,
  distributed bigint not null,
  sbom_hash text not null,
  explain json not null,
  created_at timestamptz not null,
  primary key (program_no, month),
  constraint fund_runs_month_check check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  constraint fund_runs_amount_check check (
    base >= 0 and granted >= 0 and carried >= 0 and returned >= 0 and distributed between 0 and carried + returned + granted),
  constraint fund_runs_granted_check check (granted = base * rate / 1000000)
);
comment on column fund_runs.total is 'What referred members have paid since the fund began, as known at the run; base is what of it no earlier run counted.';
comment on column fund_runs.carried is 'What the fund held before the run; returned: shares that nobody came for in time.';

create table fund_lines (
  program_no integer not null,
  month text not null,
  repository text not null,
  component text not null,
  identity text not null,
  weight bigint not null,
  lines bigint not null,
  primary key (program_no, month, repository, component, identity),
  constraint fund_lines_check check (weight >= 0 and lines > 0)
);
comment on column fund_lines.weight is 'In thousandths.';

create table fund_shares (
  program_no integer not null,
  id bigint not null,
  month text not null,
  identity text not null,
  contributor_id bigint,
  score bigint not null,
  amount bigint not null,
  keep_until timestamptz,
  primary key (program_no, id),
  constraint fund_shares_key unique (program_no, month, identity),
  constraint fund_shares_amount_check check (score > 0 and amount >= 0),
  constraint fund_shares_kept_check check ((contributor_id is null) = (keep_until is not null))
);
comment on table fund_shares is 'What a run gave for an address. With a contributor it was theirs at once; without, it is kept for a while.';
create index fund_shares_kept_idx on fund_shares (program_no, keep_until) where keep_until is not null;
create index fund_shares_contributor_idx on fund_shares (program_no, contributor_id) where contributor_id is not null;

create table fund_payouts (
  program_no integer not null,
  id bigint not null,
  contributor_id bigint not null,
  month text not null,
  amount bigint not null,
  unit text not null,
  idempotency_key text not null,
  sink text not null,
  key_version integer,
  request bytea,
  state text not null,
  outcome text,
  attempts integer not null default 0,
  retries integer not null default 0,
  epoch integer not null default 0,
  lease_until timestamptz,
  first_try_at timestamptz,
  next_try_at timestamptz,
  detail text,
  reference text,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (program_no, id),
  constraint fund_payouts_amount_check check (amount > 0),
  constraint fund_payouts_sink_check check (sink in ('webhook', 'csv')),
  constraint fund_payouts_state_check check (state in ('planned', 'sending', 'accepted', 'waiting', 'parked', 'confirmed', 'refused')),
  constraint fund_payouts_settled_check check ((settled_at is not null) = (state in ('confirmed', 'refused'))),
  constraint fund_payouts_request_check check ((request is null) = (key_version is null)),
  constraint fund_payouts_idempotency_key unique (program_no, idempotency_key),
  constraint fund_payouts_month_key unique (program_no, contributor_id, month)
);
comment on column fund_payouts.request is 'The frozen request, encrypted, for it holds payout details; gone when the payout is settled.';
comment on column fund_payouts.state is 'As of deliveries. accepted: taken on by the sink or written to a CSV file; a person or the sink says how it ended.';
create unique index fund_payouts_one_open_key on fund_payouts (program_no, contributor_id) where settled_at is null;
create unique index fund_payouts_reference_key on fund_payouts (program_no, sink, reference) where reference is not null;
create index fund_payouts_due_idx on fund_payouts (program_no, next_try_at) where next_try_at is not null;
create index fund_payouts_lease_idx on fund_payouts (program_no, lease_until) where lease_until is not null;

-- The rows and the ledger say the same, or nothing is committed.
create function check_fund() returns trigger language plpgsql as $$
declare
  posted bigint;
  wanted bigint;
begin
  if tg_table_name = 'fund_payouts' then
    select p.amount into wanted from fund_payouts p where p.program_no = new.program_no and p.id = new.id and p.state = 'confirmed';
    select sum(e.amount) into posted from ledger_transactions t
      join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
     where t.program_no = new.program_no and t.fund_id = new.id and t.kind = 'fund_payout'
       and e.person_id = new.contributor_id and e.account = 'fund_paid' and e.unit = new.unit;
  elsif tg_table_name = 'fund_shares' then
    wanted := nullif(new.amount, 0);
    select sum(e.amount) into posted from ledger_transactions t
      join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
     where t.program_no = new.program_no and t.fund_id = new.id and t.kind = 'fund_share'
       and e.person_id = coalesce(new.contributor_id, 0) and e.account = case when new.contributor_id is null then 'fund_kept' else 'fund_owed' end;
    if not exists (
      select from fund_runs r where r.program_no = new.program_no and r.month = new.month and r.distributed =
        (select sum(s.amount) from fund_shares s where s.program_no = new.program_no and s.month = new.month)) then
      raise exception 'the shares of % are not what its run distributed', new.month using errcode = 'check_violation';
    end if;
  else
    wanted := nullif(new.granted, 0);
    select sum(e.amount) into posted from ledger_transactions t
      join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
     where t.program_no = new.program_no and t.fund_id = new.id and t.kind = 'fund_grant'
       and e.person_id = 0 and e.account = 'fund' and e.unit = new.unit;
    if new.distributed <> (
      select coalesce(sum(s.amount), 0) from fund_shares s where s.program_no = new.program_no and s.month = new.month) then
      raise exception 'the shares of % are not what its run distributed', new.month using errcode = 'check_violation';
    end if;
  end if;
  if posted is distinct from wanted then
    raise exception '% % is of %, and the ledger has %', tg_table_name, new.id, wanted, posted using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger fund_runs_posted after insert on fund_runs
  deferrable initially deferred for each row execute function check_fund();
create constraint trigger fund_shares_posted after insert on fund_shares
  deferrable initially deferred for each row execute function check_fund();
create constraint trigger fund_payouts_posted after insert or update of state on fund_payouts
  deferrable initially deferred for each row execute function check_fund();

create function refuse_payout_change() returns trigger language plpgsql as $$
begin
  raise exception 'a settled payout, and what a payout is for, never change' using errcode = 'check_violation';
end $$;
create trigger fund_payouts_change before update on fund_payouts for each row
  when (old.settled_at is not null and (new.state <> old.state or new.settled_at is distinct from old.settled_at)
    or (old.id, old.contributor_id, old.month, old.amount, old.unit, old.idempotency_key, old.sink, old.created_at)
      is distinct from (new.id, new.contributor_id, new.month, new.amount, new.unit, new.idempotency_key, new.sink, new.created_at))
  execute function refuse_payout_change();

create function refuse_identity_change() returns trigger language plpgsql as $$
begin
  raise exception 'an address that was proved stays its contributor''s' using errcode = 'check_violation';
end $$;
create trigger fund_identities_change before update on fund_identities for each row
  when (old.contributor_id is not null and new.contributor_id is distinct from old.contributor_id)
  execute function refuse_identity_change();

do $$
declare name text;
begin
  foreach name in array array['fund_starts', 'fund_runs', 'fund_lines', 'fund_shares']
  loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()', name || '_append_only', name);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()', name || '_no_truncate', name);
  end loop;
end $$;
create trigger fund_payouts_delete before delete on fund_payouts for each row execute function refuse_change();
create trigger fund_payouts_no_truncate before truncate on fund_payouts for each statement execute function refuse_change();
