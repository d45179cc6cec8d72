-- Named admins and their sessions; erasing a person.

create table admin_users (
  id text primary key,
  email text not null,
  name text not null,
  role text not null,
  password text not null,
  key_version integer,
  totp bytea,
  totp_since timestamptz,
  totp_step bigint not null default 0,
  created_at timestamptz not null,
  disabled_at timestamptz,
  constraint admin_users_role_check check (role in ('viewer', 'moderator', 'owner')),
  constraint admin_users_email_check check (email = lower(email)),
  constraint admin_users_email_key unique (email),
  constraint admin_users_totp_check check ((totp is null) = (key_version is null) and (totp is not null or totp_since is null))
);
comment on table admin_users is 'Who may use the admin API by name; never deleted, for the audit log names them by id.';
comment on column admin_users.password is 'scrypt, as logins.password.';
comment on column admin_users.totp is 'The secret of the one-time passwords, encrypted; asked for at a sign-in since totp_since.';
comment on column admin_users.totp_step is 'The last 30 s step whose code was used: none is taken twice.';

create table admin_sessions (
  hash bytea primary key,
  user_id text not null references admin_users (id),
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);
comment on table admin_sessions is 'sha256 of the cookie. Times are of the database''s own clock, for they are about this very session.';
create index admin_sessions_user_idx on admin_sessions (user_id);

-- Erasure ---------------------------------------------------------------------------------------------------------------

create index persons_merged_idx on persons (program_no, merged_into) where merged_into is not null;

create table erased_prints (
  program_no integer not null,
  kind text not null,
  value_hash text not null,
  person_id bigint not null,
  primary key (program_no, value_hash, kind),
  constraint erased_prints_kind_check check (kind in ('email'))
);
comment on table erased_prints is 'Keyed hashes by which somebody who was erased earns no second bonus; they reveal nothing.';

create table erasures (
  program_no integer not null,
  person_id bigint not null,
  requested_at timestamptz not null,
  key_version integer,
  email bytea,
  name bytea,
  swept_at timestamptz,
  done_at timestamptz,
  primary key (program_no, person_id),
  constraint erasures_swept_check check ((swept_at is null or (email is null and name is null)) and (done_at is null or swept_at is not null))
);
comment on column erasures.swept_at is 'Since then no body names them; done_at: nor a frozen request, once none of theirs is under way.';
comment on table erasures is 'Who is to be erased. Address and name move here, still encrypted, until every place that may name the person was looked at.';
create index erasures_open_idx on erasures (program_no, person_id) where done_at is null;
create index mails_recipient_idx on mails (program_no, recipient_hash);

-- What people wrote may be blanked; who did what and when stays for ever.
drop trigger audit_log_append_only on audit_log;
create trigger audit_log_append_only before delete on audit_log for each row execute function refuse_change();
create trigger audit_log_blank_only before update on audit_log for each row
  when ((new.id, new.program_no, new.at, new.actor, new.action, new.target) is distinct from (old.id, old.program_no, old.at, old.actor, old.action, old.target)
    or new.reason is not null or new.before is not null or new.after is not null)
  execute function refuse_change();
drop trigger reward_history_append_only on reward_history;
create trigger reward_history_append_only before delete on reward_history for each row execute function refuse_change();
create trigger reward_history_blank_only before update on reward_history for each row
  when ((new.program_no, new.id, new.reward_id, new.status, new.reason, new.outcome, new.amount, new.at, new.cause_id, new.actor)
      is distinct from (old.program_no, old.id, old.reward_id, old.status, old.reason, old.outcome, old.amount, old.at, old.cause_id, old.actor)
    or new.note is not null)
  execute function refuse_change();
