-- Credit that is used, expires and is forfeited.

-- Lots: how often one has expired (a void or a restoration opens it again), and the most that its reward may give.
alter table lots add column expiries integer not null default 0;
alter table lots add column allowed bigint;
update lots l set allowed = r.amount - r.forfeited_amount from rewards r where r.program_no = l.program_no and r.id = l.reward_id;
alter table lots alter column allowed set not null;
alter table lots add constraint lots_allowed_check check (allowed >= 0 and expiries >= 0);
comment on column lots.expiries is 'How often it has expired: each time is told once.';
comment on column lots.allowed is 'The most that its reward may give; what was forfeited above it is never given after all.';

-- Taken back before it was credited, owed again, and then there was no room for it or it was refused.
insert into reward_transitions (from_status, to_status) values ('reversed', 'rejected');

create table spends (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  member_id text not null,
  unit text not null,
  amount bigint not null,
  idempotency_key text not null,
  reason text,
  balance_after bigint not null,
  cause_id bigint not null,
  created_at timestamptz not null,
  voided_at timestamptz,
  primary key (program_no, id),
  constraint spends_amount_check check (amount > 0),
  constraint spends_balance_check check (balance_after >= 0),
  constraint spends_idempotency_key unique (program_no, idempotency_key)
);
comment on table spends is 'Credit that was used. A usage that draws credit is one under the key usage:<usage id>.';
comment on column spends.balance_after is 'Available right after it: what its caller was answered, also when they ask again.';
create index spends_person_idx on spends (program_no, person_id, id);

create table spend_lots (
  program_no integer not null,
  spend_id bigint not null,
  reward_id bigint not null,
  amount bigint not null,
  primary key (program_no, spend_id, reward_id),
  constraint spend_lots_amount_check check (amount > 0)
);
comment on table spend_lots is 'What a spend took of which lots; a void gives it back to the same.';

alter table ledger_transactions add column spend_id bigint;
-- One spends, one gives back.
create unique index ledger_transactions_spend_key on ledger_transactions (program_no, spend_id, kind) where spend_id is not null;

create function check_spend() returns trigger language plpgsql as $$
declare
  spend spends;
  of_spend bigint;
  taken bigint;
  posted bigint;
begin
  if tg_table_name = 'spends' then of_spend := new.id; else of_spend := new.spend_id; end if;
  select * into spend from spends s where s.program_no = new.program_no and s.id = of_spend;
  if not found then
    raise exception 'there is no spend %', of_spend using errcode = 'check_violation';
  end if;
  select sum(l.amount) into taken from spend_lots l where l.program_no = spend.program_no and l.spend_id = spend.id;
  select sum(e.amount) into posted from ledger_transactions t
    join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
   where t.program_no = spend.program_no and t.spend_id = spend.id and e.person_id = 0 and e.account = 'spent' and e.unit = spend.unit;
  if taken is distinct from spend.amount then
    raise exception 'spend % is of %, and took % of lots', spend.id, spend.amount, taken using errcode = 'check_violation';
  end if;
  if posted is distinct from (case when spend.voided_at is null then spend.amount else 0 end) then
    raise exception 'spend % is not what the ledger says was spent: %', spend.id, posted using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger spends_taken after insert or update of voided_at on spends
  deferrable initially deferred for each row execute function check_spend();
create constraint trigger spend_lots_taken after insert on spend_lots
  deferrable initially deferred for each row execute function check_spend();

create function refuse_spend_change() returns trigger language plpgsql as $$
begin
  raise exception 'a spend is made void once, and nothing else of it changes' using errcode = 'check_violation';
end $$;
-- A person may change by a join.
create trigger spends_change before update on spends for each row
  when (old.voided_at is not null and new.voided_at is distinct from old.voided_at
    or (old.id, old.member_id, old.unit, old.amount, old.idempotency_key, old.reason, old.balance_after, old.cause_id, old.created_at)
      is distinct from (new.id, new.member_id, new.unit, new.amount, new.idempotency_key, new.reason, new.balance_after, new.cause_id, new.created_at))
  execute function refuse_spend_change();
create trigger spends_delete before delete on spends for each row execute function refuse_change();
create trigger spends_no_truncate before truncate on spends for each statement execute function refuse_change();
create trigger spend_lots_append_only before update or delete on spend_lots for each row execute function refuse_change();
create trigger spend_lots_no_truncate before truncate on spend_lots for each statement execute function refuse_change();

-- The lots out of which somebody can spend `wanted`, in the order in which they are used, beside those that are known to
-- the caller; those in dispute are no help, and those whose time has come are given, too. It stops when they are enough:
-- whoever has very many lots spends without all of them being read.
create function open_lots(of_program integer, of_person bigint, of_unit text, wanted bigint, at timestamptz, besides bigint[])
  returns setof lots language plpgsql stable as $$
declare
  -- A cursor's plan is made for its first rows: by the index, without sorting.
  walk cursor for select l.* from lots l
    where l.program_no = of_program and l.person_id = of_person and l.unit = of_unit and l.remaining > 0
    order by l.expires_at, l.reward_id;
  enough bigint := 0;
begin
  for lot in walk loop
    exit when enough >= wanted;
    continue when lot.reward_id = any(besides);
    if lot.expires_at <= at then
      return next lot;
      continue;
    end if;
    continue when exists (
      select from rewards r where r.program_no = of_program and r.id = lot.reward_id and 'disputed' = any(r.flags));
    enough := enough + lot.remaining;
    return next lot;
  end loop;
end $$;
