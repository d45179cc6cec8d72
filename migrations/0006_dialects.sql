-- The dialects: members who sign up here, and the figures that only their answers have.

create table logins (
  program_no integer not null,
  email_hash text not null,
  member_id text not null,
  person_id bigint,
  password text not null,
  claimed_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null,
  primary key (program_no, email_hash),
  constraint logins_member_key unique (program_no, member_id)
);
comment on table logins is 'How members who signed up here prove who they are; deleted when the person is erased.';
comment on column logins.email_hash is 'Keyed hash of the address as written, in lower case.';
comment on column logins.person_id is 'null: the signup was not finished; after a minute another may take it up.';
comment on column logins.password is 'scrypt, with its parameters and salt: scrypt$N$r$p$salt$hash.';
create index logins_person_idx on logins (program_no, person_id);

-- Erasing somebody is deleting this one row; their login goes with it, whoever does it.
create function erase_login() returns trigger language plpgsql as $$
begin
  delete from logins l where l.program_no = old.program_no and l.person_id = old.person_id;
  return null;
end $$;
create trigger person_secrets_erase_login after delete on person_secrets for each row execute function erase_login();

-- Who of somebody's referrals may still qualify.
create index referrals_waiting_idx on referrals (program_no, referrer_id) where qualify_until is not null;
-- What of somebody's rewards vests.
create index rewards_vesting_idx on rewards (program_no, person_id) include (unit, amount, reversed_amount, forfeited_amount)
  where status = 'pending' and reason = 'vesting';
