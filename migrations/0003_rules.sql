-- Rewards for referrals themselves: qualification, usage milestones, tiers, caps, settlement, one per e-mail domain.

alter table referrals add column qualified_at timestamptz, add column qualify_until timestamptz;
comment on column referrals.qualified_at is 'Event time at which it began to count for tiers and for rewards of qualified referrals.';
comment on column referrals.qualify_until is 'Not qualified by then, it never will be; null: there is no such time, or it is decided.';
create index referrals_qualify_idx on referrals (program_no, qualify_until) where qualify_until is not null;

alter table rewards add column fixed_amount bigint;
comment on column rewards.fixed_amount is 'What its rule paid when it was decided, before any cap; null for shares.';
-- One referral, one reward for each rule and person. After a join the doubled one stands beside it, taken back.
create unique index rewards_referral_key on rewards (program_no, referee_id, rule, person_id)
  where payment_id is null and source is null and status not in ('reversed', 'rejected');

alter table persons add column disposable boolean not null default false;
comment on column persons.disposable is 'The address is of a throw-away mailbox.';

-- Usage -----------------------------------------------------------------------------------------------------------------

create table usage_totals (
  program_no integer not null,
  person_id bigint not null,
  quantity bigint not null,
  billable bigint not null,
  qualifying_at timestamptz,
  last_at timestamptz not null,
  primary key (program_no, person_id),
  constraint usage_totals_check check (quantity >= 0 and billable between 0 and quantity)
) with (fillfactor = 70);
comment on table usage_totals is 'What a member has used, counted up to the highest milestone of any rule; beyond it nothing is written.';
comment on column usage_totals.qualifying_at is 'Event time at which usage reached what `qualify` asks for.';
comment on column usage_totals.last_at is 'Known to the day.';

create table usage_events (
  program_no integer not null,
  person_id bigint not null,
  usage_id text not null,
  quantity bigint not null check (quantity >= 0),
  billable boolean not null,
  at timestamptz not null,
  primary key (program_no, person_id, usage_id)
);
comment on table usage_events is 'The usage that counted, so that none counts twice; a few for each member.';

-- Tiers -----------------------------------------------------------------------------------------------------------------

create table tier_changes (
  program_no integer not null,
  person_id bigint not null,
  id bigint not null,
  tier text not null,
  since timestamptz not null,
  primary key (program_no, person_id, id)
);
comment on table tier_changes is 'Which tier somebody stood in when: a share of a payment goes by the payment''s own time.';

create table month_volumes (
  program_no integer not null,
  person_id bigint not null,
  month text not null,
  net bigint not null check (net >= 0),
  primary key (program_no, person_id, month),
  constraint month_volumes_month_check check (month ~ '^\d{4}-\d{2}$')
);
comment on table month_volumes is 'Net of the payments that earned a share, by the month (UTC) of their event time; tiers by monthly volume go by it.';

create table domain_uses (
  program_no integer not null,
  code_key text not null,
  domain_hash text not null,
  referee_id bigint not null,
  primary key (program_no, code_key, domain_hash)
);
comment on table domain_uses is 'Who came first from an e-mail domain with a code; whoever comes later earns nothing by it.';

-- Counts of referrals, kept as referrals change: tiers and everybody's own page read one row.
create table referral_counts (
  program_no integer not null,
  person_id bigint not null,
  pending bigint not null,
  completed bigint not null,
  qualified bigint not null,
  last_at timestamptz,
  primary key (program_no, person_id)
) with (fillfactor = 70);
comment on table referral_counts is 'Referrals of a referrer by state; kept by triggers on referrals alone. qualified ones are completed, too.';

-- Runs as the owner: the application's role cannot write the counts itself.
create function count_referrals() returns trigger language plpgsql security definer set search_path from current as $$
begin
  if tg_op = 'INSERT' then
    insert into referral_counts as c
    select n.program_no, n.referrer_id, count(*) filter (where n.status = 'pending'), count(*) filter (where n.status = 'completed'),
      count(*) filter (where n.status = 'completed' and n.qualified_at is not null), max(n.created_at)
      from new_referrals n group by n.program_no, n.referrer_id order by 1, 2
    on conflict on constraint referral_counts_pkey do update set pending = c.pending + excluded.pending,
      completed = c.completed + excluded.completed, qualified = c.qualified + excluded.qualified,
      last_at = greatest(c.last_at, excluded.last_at);
  else
    insert into referral_counts as c
    select d.program_no, d.referrer_id, coalesce(sum(d.sign) filter (where d.status = 'pending'), 0),
      coalesce(sum(d.sign) filter (where d.status = 'completed'), 0),
      coalesce(sum(d.sign) filter (where d.status = 'completed' and d.qualified_at is not null), 0), max(d.created_at)
      from (select 1 as sign, n.* from new_referrals n union all select -1, o.* from old_referrals o) d
      group by d.program_no, d.referrer_id order by 1, 2
    on conflict on constraint referral_counts_pkey do update set pending = c.pending + excluded.pending,
      completed = c.completed + excluded.completed, qualified = c.qualified + excluded.qualified,
      last_at = greatest(c.last_at, excluded.last_at);
  end if;
  return null;
end $$;
create trigger referrals_count_insert after insert on referrals
  referencing new table as new_referrals for each statement execute function count_referrals();
create trigger referrals_count_update after update on referrals
  referencing old table as old_referrals new table as new_referrals for each statement execute function count_referrals();

create table rank_months (
  program_no integer not null,
  rule text not null,
  month text not null,
  primary key (program_no, rule, month),
  constraint rank_months_month_check check (month ~ '^\d{4}-\d{2}$')
);
comment on table rank_months is 'Months in which a rule for the leaderboard was in force; each is closed once, when it is over.';
