-- How often a process died over one event: a single death says nothing of the event.

alter table batches_in_flight add column deaths smallint not null default 0;
comment on column batches_in_flight.deaths is 'Processes that have died over this batch, which is one event; at three it is parked.';

-- Where somebody was when they signed up, for programs that ask about networks; gone when it has been told.
alter table person_secrets add column ip bytea;
comment on table person_secrets is 'Address and name, and where they were until that has been looked up, each encrypted under a key derived from a salt beside it: deleting the row is the erasure.';

create table network_checks (
  program_no integer not null,
  ip_hash text not null,
  referee_id bigint not null,
  created_at timestamptz not null,
  told_at timestamptz,
  country text,
  asn bigint,
  kinds text,
  tries integer not null default 0,
  next_try_at timestamptz not null default '-infinity',
  primary key (program_no, ip_hash),
  constraint network_checks_told_check check (told_at is not null or (country is null and asn is null and kinds is null)),
  constraint network_checks_country_check check (country ~ '^[A-Z]{2}$')
);
comment on table network_checks is 'One row for each address whose network a list or a service is asked for. The hash is keyed.';
comment on column network_checks.referee_id is 'Whose sealed address it is.';
comment on column network_checks.kinds is 'Joined by commas; null: whoever was asked does not say.';
create index network_checks_due_idx on network_checks (program_no, next_try_at) where told_at is null;
