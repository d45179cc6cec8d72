-- A visit claim that comes after the signup: the fold is told of it, and finds who has the address.

alter table visit_claims add column id bigint generated always as identity;
alter table visit_claims add column first_claimed_at timestamptz;
update visit_claims set first_claimed_at = claimed_at;
alter table visit_claims alter column first_claimed_at set not null;
create unique index visit_claims_id_key on visit_claims (program_no, id);
comment on column visit_claims.first_claimed_at is 'What was claimed before the account was made is worth more than what was claimed after.';

alter table persons add column claim_hash text;
create index persons_claim_idx on persons (program_no, claim_hash) where claim_hash is not null;
comment on column persons.claim_hash is 'Keyed hash of the address as browsers tell it, as in visit_claims; null where nobody has told it since 0017.';
