-- Suspensions: who, why, what they took, who appealed, and who reported whom.

create table suspensions (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  reason text,
  detail text,
  by text not null,
  referee_id bigint,
  evidence json not null,
  at timestamptz not null,
  lifted_at timestamptz,
  lifted_by text,
  notified_at timestamptz,
  primary key (program_no, id),
  constraint suspensions_lifted_check check ((lifted_at is null) = (lifted_by is null) and lifted_at >= at)
);
comment on table suspensions is 'One row for each suspension of a member, from its beginning to its end.';
comment on column suspensions.by is 'An admin, or `signal <name>`.';
comment on column suspensions.referee_id is 'Whose signup or payment the signal was asked about.';
comment on column suspensions.notified_at is 'The mail about it is planned; null: not yet, or there is no address.';
create unique index suspensions_live_key on suspensions (program_no, person_id) where lifted_at is null;
create index suspensions_person_idx on suspensions (program_no, person_id, at);
create index suspensions_unnotified_idx on suspensions (program_no, at) where notified_at is null and lifted_at is null;

create table forfeits (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  reward_id bigint not null,
  unit text not null,
  amount bigint not null,
  at timestamptz not null,
  restored_at timestamptz,
  restored_by xid8,
  primary key (program_no, id),
  constraint forfeits_amount_check check (amount >= 0)
);
comment on table forfeits is 'Rewards that a suspension took; given back once, when it is lifted.';
comment on column forfeits.person_id is 'Who is suspended; the reward may be the referee''s.';
comment on column forfeits.amount is 'What of it stood in the ledger as pending; 0: it was not owed yet.';
comment on column forfeits.restored_by is 'The transaction that gave it back: in it alone the reward may stand again.';
create unique index forfeits_live_key on forfeits (program_no, reward_id) where restored_at is null;
create index forfeits_reward_idx on forfeits (program_no, reward_id);
create index forfeits_person_idx on forfeits (program_no, person_id, id);

create function check_forfeit() returns trigger language plpgsql as $$
begin
  if old.restored_at is not null then
    raise exception 'a forfeit that was given back stays so' using errcode = 'check_violation';
  end if;
  new.restored_by := case when new.restored_at is not null then pg_current_xact_id() end;
  return new;
end $$;
create trigger forfeits_restored before update on forfeits for each row execute function check_forfeit();

-- A rejected reward stands again only where a suspension had taken it, in the transaction that gives it back.
insert into reward_transitions (from_status, to_status) values
  ('rejected', 'pending'), ('rejected', 'credited'), ('rejected', 'reversed');
create function check_reward_restored() returns trigger language plpgsql as $$
begin
  if not exists (select from forfeits f where f.program_no = old.program_no and f.reward_id = old.id
      and f.restored_by = pg_current_xact_id()) then
    raise exception 'a rejected reward stays rejected' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger rewards_restored before update on rewards
  for each row when (old.status = 'rejected' and new.status <> 'rejected') execute function check_reward_restored();

-- What was forfeited keeps its room under a lifetime cap: it may come back.
drop index rewards_allowance_idx;
create index rewards_allowance_idx on rewards (program_no, person_id, rule) include (allowance)
  where allowance is not null and (status <> 'rejected' or forfeited_amount > 0);

create table appeals (
  program_no integer not null,
  id bigint not null,
  suspension_id bigint not null,
  person_id bigint not null,
  message text,
  state text not null,
  created_at timestamptz not null,
  due_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  note text,
  notified_at timestamptz,
  primary key (program_no, id),
  constraint appeals_suspension_key unique (program_no, suspension_id),
  constraint appeals_state_check check (state in ('open', 'granted', 'refused')),
  constraint appeals_decided_check check ((state = 'open') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
  constraint appeals_due_check check (due_at > created_at)
);
comment on table appeals is 'A suspended member''s word against it; an admin decides, once.';
comment on column appeals.message is 'The member''s own words; gone when the person is erased.';
create index appeals_state_idx on appeals (state, due_at, id);
create index appeals_unnotified_idx on appeals (program_no, id) where notified_at is null and state <> 'open';
create index appeals_person_idx on appeals (program_no, person_id);

create table reports (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  code_key text not null,
  reason text,
  message text,
  created_at timestamptz not null,
  primary key (program_no, id)
);
comment on table reports is 'What people say of a code that they saw misused; nothing follows of itself.';
create index reports_person_idx on reports (program_no, person_id, id);
create index reports_id_idx on reports (id);

create function check_appeal() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' then
    raise exception 'an appeal is decided once' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger appeals_decided before update on appeals for each row when (old.state is distinct from new.state) execute function check_appeal();

-- Erasing somebody is deleting their row of person_secrets: what they wrote, and what was written of them, goes with it.
-- Runs as the owner: the application's role may not change a word of these otherwise.
create function erase_words() returns trigger language plpgsql security definer set search_path from current as $$
begin
  update suspensions s set detail = null where s.program_no = old.program_no and s.person_id = old.person_id and s.detail is not null;
  update appeals a set message = null, note = null where a.program_no = old.program_no and a.person_id = old.person_id;
  update reports r set message = null where r.program_no = old.program_no and r.person_id = old.person_id and r.message is not null;
  return null;
end $$;
create trigger person_secrets_erase_words after delete on person_secrets for each row execute function erase_words();

-- Those who were suspended before there was a table of it.
insert into suspensions (program_no, id, person_id, reason, by, evidence, at)
select p.program_no, p.id, p.id, p.suspended_reason, 'admin', '[]', p.suspended_at from persons p where p.suspended_at is not null;
