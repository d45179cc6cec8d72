-- What providers carry of a referral: promotion codes (Stripe) and discounts (Paddle) that stand for a member's code.

create table code_aliases (
  program_no integer not null,
  provider text not null,
  account text not null,
  object_id text not null,
  code_key text not null,
  told_at timestamptz not null,
  primary key (program_no, provider, account, object_id)
);
comment on table code_aliases is 'Which code a promotion code or discount of the provider carries; a session names it by its id only.';
comment on column code_aliases.told_at is 'When the provider said so; the latest word holds, whichever comes last.';

-- Who brought an object that nobody had explained yet: they are looked up when it is.
create index claims_unknown_idx on claims (program_no, code_key) where outcome = 'unknown_code';

-- Referral codes made at the provider for members who ask for theirs; an outbox, sent outside any transaction.
create table provider_codes (
  program_no integer not null,
  source text not null,
  code_key text not null,
  state text not null,
  object_id text,
  reason text,
  attempts integer not null default 0,
  next_try_at timestamptz,
  lease_until timestamptz,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (program_no, source, code_key),
  constraint provider_codes_state_check check (state in ('planned', 'made', 'refused', 'ended')),
  constraint provider_codes_object_check check (object_id is not null or state in ('planned', 'refused'))
);
comment on table provider_codes is 'The promotion code or discount of a member''s code; ended with the code itself.';
comment on column provider_codes.reason is 'The provider''s own word for why it refused.';
create index provider_codes_due_idx on provider_codes (program_no, next_try_at) where next_try_at is not null;

-- What a source's own list was asked, and what of it had not come by webhook.
create table catch_ups (
  program_no integer not null,
  id bigint generated always as identity,
  source text not null,
  since timestamptz not null,
  until timestamptz not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  listed integer not null default 0,
  missing integer not null default 0,
  missing_types jsonb not null default '{}',
  error text,
  primary key (program_no, id)
);
comment on table catch_ups is 'One row a run; the next begins where the last that ended without an error left off.';
create index catch_ups_source_idx on catch_ups (program_no, source, id);
