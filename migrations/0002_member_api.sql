-- The member API: keys of members, the counters of rate limits, and the indexes behind a member's own figures.

create table member_keys (
  program_no integer not null,
  id text not null,
  person_id bigint not null,
  slot smallint not null,
  name text,
  prefix text not null,
  hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (program_no, id),
  constraint member_keys_scopes_check check (scopes <@ array['links', 'read'] and cardinality(scopes) > 0),
  constraint member_keys_slot_check check (slot in (1, 2))
);
comment on table member_keys is 'API keys that members made for themselves: sha256 of a 256-bit secret; shown once.';
comment on column member_keys.slot is 'At most two live at a time, so that one can replace the other without a gap.';
create unique index member_keys_hash_key on member_keys (program_no, hash);
create unique index member_keys_live_key on member_keys (program_no, person_id, slot) where revoked_at is null;
create index member_keys_person_idx on member_keys (program_no, person_id, created_at);

-- As rate-limiter-flexible expects it. The key holds a keyed hash, never an address.
create table rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
) with (fillfactor = 50);
comment on table rate_limits is 'Shared by all processes; expire is in ms since 1970, and what has expired is deleted by the limiter.';

-- A member's totals, kept as rewards change: 2,000,000 rewards of one person would take more than a second to add up.
create table reward_days (
  program_no integer not null,
  person_id bigint not null,
  unit text not null,
  day date not null,
  earned bigint not null,
  pending bigint not null,
  primary key (program_no, person_id, unit, day)
) with (fillfactor = 70);
comment on table reward_days is 'Sums of rewards by the UTC day on which they were credited, or made while they are not; kept by triggers on rewards alone.';
comment on column reward_days.earned is 'Credited, net of reversals, with what vests, without what is held or failed.';

-- One row of rewards as it counts. A statement's rows are added up before anything is written.
create function reward_counts(r rewards, sign integer)
  returns table (program_no integer, person_id bigint, unit text, day date, earned bigint, pending bigint)
  language sql immutable as $$
  select r.program_no, r.person_id, r.unit, (coalesce(r.credited_at, r.created_at) at time zone 'UTC')::date,
    case when r.status = 'credited' or (r.status = 'pending' and r.reason = 'vesting')
      then sign * (r.amount - r.reversed_amount - r.forfeited_amount) else 0 end,
    case when r.status = 'pending' then sign * (r.amount - r.reversed_amount - r.forfeited_amount) else 0 end
$$;

-- Runs as the owner: the application's role cannot write the sums itself.
create function count_rewards() returns trigger language plpgsql security definer set search_path from current as $$
begin
  if tg_op = 'INSERT' then
    insert into reward_days as d
    select c.program_no, c.person_id, c.unit, c.day, sum(c.earned), sum(c.pending)
      from new_rewards n, reward_counts(n, 1) c
     group by c.program_no, c.person_id, c.unit, c.day having sum(c.earned) <> 0 or sum(c.pending) <> 0
    on conflict on constraint reward_days_pkey do update set earned = d.earned + excluded.earned, pending = d.pending + excluded.pending;
  elsif tg_op = 'UPDATE' then
    insert into reward_days as d
    select c.program_no, c.person_id, c.unit, c.day, sum(c.earned), sum(c.pending)
      from (select k.* from new_rewards n, reward_counts(n, 1) k union all select k.* from old_rewards o, reward_counts(o, -1) k) c
     group by c.program_no, c.person_id, c.unit, c.day having sum(c.earned) <> 0 or sum(c.pending) <> 0
    on conflict on constraint reward_days_pkey do update set earned = d.earned + excluded.earned, pending = d.pending + excluded.pending;
  else
    insert into reward_days as d
    select c.program_no, c.person_id, c.unit, c.day, sum(c.earned), sum(c.pending)
      from old_rewards o, reward_counts(o, -1) c
     group by c.program_no, c.person_id, c.unit, c.day having sum(c.earned) <> 0 or sum(c.pending) <> 0
    on conflict on constraint reward_days_pkey do update set earned = d.earned + excluded.earned, pending = d.pending + excluded.pending;
  end if;
  return null;
end $$;
create trigger rewards_count_insert after insert on rewards
  referencing new table as new_rewards for each statement execute function count_rewards();
create trigger rewards_count_update after update on rewards
  referencing old table as old_rewards new table as new_rewards for each statement execute function count_rewards();
create trigger rewards_count_delete after delete on rewards
  referencing old table as old_rewards for each statement execute function count_rewards();
insert into reward_days
select c.program_no, c.person_id, c.unit, c.day, sum(c.earned), sum(c.pending) from rewards r, reward_counts(r, 1) c
 group by c.program_no, c.person_id, c.unit, c.day having sum(c.earned) <> 0 or sum(c.pending) <> 0;

-- What a lifetime cap has allowed so far.
create index rewards_allowance_idx on rewards (program_no, person_id, rule) include (allowance)
  where allowance is not null and status <> 'rejected';

drop index referrals_referrer_idx;
create index referrals_referrer_idx on referrals (program_no, referrer_id, created_at, id) include (status, referee_id);
create index referrals_code_idx on referrals (program_no, code_key) include (status);
-- The leaderboard of a month.
create index referrals_completed_idx on referrals (program_no, completed_at) include (referrer_id) where status = 'completed';
