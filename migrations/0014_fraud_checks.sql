-- What signals ask of others: how old the domains of e-mail addresses are, and where clicks came from.

create table domain_checks (
  program_no integer not null,
  domain_hash text not null,
  referee_id bigint not null,
  created_at timestamptz not null,
  told_at timestamptz,
  registered_at timestamptz,
  tries integer not null default 0,
  next_try_at timestamptz not null default '-infinity',
  primary key (program_no, domain_hash),
  constraint domain_checks_told_check check (registered_at is null or told_at is not null)
);
comment on table domain_checks is 'One row for each e-mail domain whose age a registry is asked for. The hash is keyed.';
comment on column domain_checks.referee_id is 'Whose sealed address has the domain''s name.';
comment on column domain_checks.told_at is 'null: still asked for. With registered_at null the registry does not say.';
create index domain_checks_due_idx on domain_checks (program_no, next_try_at) where told_at is null;

-- Referrals that wait for a check that could not run yet.
create index referrals_unchecked_idx on referrals (program_no, referee_id) where flags @> array['check_unavailable'];

-- The newest clicks on a code's link, and from how many networks.
create index visits_clicks_idx on visits (program_no, code_key, link_at) where link_at is not null;
