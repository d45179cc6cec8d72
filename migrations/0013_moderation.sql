-- Approval by two persons; seals over decisions and over what admins did.

create table reward_approvals (
  program_no integer not null,
  reward_id bigint not null,
  actor text not null,
  at timestamptz not null,
  primary key (program_no, reward_id, actor)
);
comment on table reward_approvals is 'Who has approved a reward that needs two persons; nobody twice.';
create trigger reward_approvals_append_only before update or delete on reward_approvals for each row execute function refuse_change();
create trigger reward_approvals_no_truncate before truncate on reward_approvals for each statement execute function refuse_change();

-- What waits for a person, longest first.
create index rewards_review_idx on rewards (created_at, id) where status = 'failed' or (status = 'pending' and reason = 'held');

-- Seals ---------------------------------------------------------------------------------------------------------------

alter table seals add column chain text not null default 'ledger';
alter table seals add constraint seals_chain_check check (chain in ('ledger', 'decisions', 'audit'));
alter table seals drop constraint seals_pkey;
alter table seals add primary key (program_no, chain, seq);
comment on table seals is 'Hash chains, written behind what they seal: ranges of ledger transactions, of reward_history (decisions), and of the whole audit_log (program 0).';
comment on column seals.transactions is 'How many rows of the chain''s table.';
-- Under the program's lock ids come in the order of the commits.
create index reward_history_id_idx on reward_history (program_no, id);

-- What people wrote is sealed as a salted hash of it, so that it can be blanked; the salt goes with it.
alter table reward_history add column salt bytea, add column note_hash bytea;
alter table audit_log add column no bigint generated always as identity, add column salt bytea, add column texts_hash bytea;
alter table audit_log add constraint audit_log_no_key unique (no);
comment on column audit_log.no is 'In the order of the commits, for the seal: given out only while no seal is made.';

create function hash_note(salt bytea, note text) returns bytea language sql immutable
  return sha256(salt || convert_to(note, 'UTF8'));
create function hash_texts(salt bytea, reason text, before json, after json) returns bytea language sql immutable
  return sha256(salt || convert_to(jsonb_build_array(reason, before::text, after::text)::text, 'UTF8'));

create function commit_to_note() returns trigger language plpgsql as $$
begin
  new.salt := uuid_send(gen_random_uuid());
  new.note_hash := hash_note(new.salt, new.note);
  return new;
end $$;
create trigger reward_history_commit before insert on reward_history
  for each row when (new.note is not null) execute function commit_to_note();

create function commit_to_texts() returns trigger language plpgsql as $$
begin
  new.salt := uuid_send(gen_random_uuid());
  new.texts_hash := hash_texts(new.salt, new.reason, new.before, new.after);
  return new;
end $$;
create trigger audit_log_commit before insert on audit_log
  for each row when (new.reason is not null or new.before is not null or new.after is not null) execute function commit_to_texts();

-- Whoever writes holds the seal off until the commit, so no row with a lower number can come after it.
create function hold_seal_off() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(728347, 0);
  return null;
end $$;
create trigger audit_log_hold_seal_off before insert on audit_log for each statement execute function hold_seal_off();

-- What was written before this migration.
drop trigger audit_log_blank_only on audit_log;
drop trigger reward_history_blank_only on reward_history;
update reward_history h set salt = s.salt, note_hash = hash_note(s.salt, h.note)
  from (select program_no, reward_id, id, uuid_send(gen_random_uuid()) as salt from reward_history where note is not null) s
 where (h.program_no, h.reward_id, h.id) = (s.program_no, s.reward_id, s.id);
update audit_log l set salt = s.salt, texts_hash = hash_texts(s.salt, l.reason, l.before, l.after)
  from (select id, uuid_send(gen_random_uuid()) as salt from audit_log
         where reason is not null or before is not null or after is not null) s
 where l.id = s.id;

create trigger audit_log_blank_only before update on audit_log for each row
  when ((new.id, new.no, new.program_no, new.at, new.actor, new.action, new.target, new.texts_hash)
      is distinct from (old.id, old.no, old.program_no, old.at, old.actor, old.action, old.target, old.texts_hash)
    or new.reason is not null or new.before is not null or new.after is not null or new.salt is not null)
  execute function refuse_change();
create trigger reward_history_blank_only before update on reward_history for each row
  when ((new.program_no, new.id, new.reward_id, new.status, new.reason, new.outcome, new.amount, new.at, new.cause_id, new.actor, new.note_hash)
      is distinct from (old.program_no, old.id, old.reward_id, old.status, old.reason, old.outcome, old.amount, old.at, old.cause_id, old.actor, old.note_hash)
    or new.note is not null or new.salt is not null)
  execute function refuse_change();
