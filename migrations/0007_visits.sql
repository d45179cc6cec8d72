-- Visits: who clicked which code, and what they told when they signed up.

create table visits (
  program_no integer not null,
  visitor_hash text not null,
  code_key text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  link_at timestamptz,
  device_hash text,
  network_hash text,
  primary key (program_no, visitor_hash, code_key)
);
comment on table visits is 'Clicks by visitor and code. Hashes are keyed: neither visitor nor address can be read from them.';
comment on column visits.link_at is 'The last time that the link itself was followed; the page that it leads to tells of the same click.';
create index visits_device_idx on visits (program_no, device_hash, code_key) where link_at is not null;
create index visits_last_idx on visits (program_no, last_at);

create table click_days (
  program_no integer not null,
  code_key text not null,
  day date not null,
  clicks integer not null,
  primary key (program_no, code_key, day),
  constraint click_days_clicks_check check (clicks >= 0)
);

create table visit_claims (
  program_no integer not null,
  email_hash text not null,
  visitor_hash text not null,
  code_key text not null,
  claimed_at timestamptz not null,
  first_click_at timestamptz not null,
  last_click_at timestamptz not null,
  network_hash text,
  primary key (program_no, email_hash, visitor_hash, code_key)
);
comment on table visit_claims is 'A visitor who had clicked a code sent a form with this address: weak evidence, until a signup names it.';
comment on column visit_claims.email_hash is 'Keyed hash of the hash that the browser sent, which anybody could have made.';
create index visit_claims_network_idx on visit_claims (program_no, network_hash, claimed_at);
create index visit_claims_claimed_idx on visit_claims (program_no, claimed_at);
