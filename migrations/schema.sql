-- The schema that the migrations make. Generated (npm run cli -- schema dump): never edited, never run.

create sequence ids as bigint start 1 increment 65536;

create table admin_sessions (
  hash bytea not null,
  user_id text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  seen_at timestamp with time zone not null default clock_timestamp(),
  constraint admin_sessions_pkey PRIMARY KEY (hash),
  constraint admin_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES admin_users(id)
);
CREATE INDEX admin_sessions_user_idx ON public.admin_sessions USING btree (user_id);
comment on table admin_sessions is 'sha256 of the cookie. Times are of the database''s own clock, for they are about this very session.';

create table admin_users (
  id text not null,
  email text not null,
  name text not null,
  role text not null,
  password text not null,
  key_version integer,
  totp bytea,
  totp_since timestamp with time zone,
  totp_step bigint not null default 0,
  created_at timestamp with time zone not null,
  disabled_at timestamp with time zone,
  constraint admin_users_email_check CHECK ((email = lower(email))),
  constraint admin_users_email_key UNIQUE (email),
  constraint admin_users_pkey PRIMARY KEY (id),
  constraint admin_users_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'moderator'::text, 'owner'::text]))),
  constraint admin_users_totp_check CHECK ((((totp IS NULL) = (key_version IS NULL)) AND ((totp IS NOT NULL) OR (totp_since IS NULL))))
);
comment on table admin_users is 'Who may use the admin API by name; never deleted, for the audit log names them by id.';
comment on column admin_users.password is 'scrypt, as logins.password.';
comment on column admin_users.totp is 'The secret of the one-time passwords, encrypted; asked for at a sign-in since totp_since.';
comment on column admin_users.totp_step is 'The last 30 s step whose code was used: none is taken twice.';

create table api_keys (
  program_no integer not null,
  id text not null,
  name text not null,
  prefix text not null,
  hash bytea not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (program_no, id)
);
CREATE UNIQUE INDEX api_keys_hash_key ON public.api_keys USING btree (hash);
comment on table api_keys is 'Server keys: sha256 of a 256-bit secret; shown once.';

create table appeals (
  program_no integer not null,
  id bigint not null,
  suspension_id bigint not null,
  person_id bigint not null,
  message text,
  state text not null,
  created_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  decided_at timestamp with time zone,
  decided_by text,
  note text,
  notified_at timestamp with time zone,
  constraint appeals_decided_check CHECK ((((state = 'open'::text) = (decided_at IS NULL)) AND ((decided_at IS NULL) = (decided_by IS NULL)))),
  constraint appeals_due_check CHECK ((due_at > created_at)),
  constraint appeals_pkey PRIMARY KEY (program_no, id),
  constraint appeals_state_check CHECK ((state = ANY (ARRAY['open'::text, 'granted'::text, 'refused'::text]))),
  constraint appeals_suspension_key UNIQUE (program_no, suspension_id)
);
CREATE INDEX appeals_person_idx ON public.appeals USING btree (program_no, person_id);
CREATE INDEX appeals_state_idx ON public.appeals USING btree (state, due_at, id);
CREATE INDEX appeals_unnotified_idx ON public.appeals USING btree (program_no, id) WHERE ((notified_at IS NULL) AND (state <> 'open'::text));
CREATE TRIGGER appeals_decided BEFORE UPDATE ON public.appeals FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION check_appeal();
comment on table appeals is 'A suspended member''s word against it; an admin decides, once.';
comment on column appeals.message is 'The member''s own words; gone when the person is erased.';

create table audit_log (
  id bigint not null,
  program_no integer,
  at timestamp with time zone not null,
  actor text not null,
  action text not null,
  target text not null,
  reason text,
  before json,
  after json,
  no bigint not null generated always as identity,
  salt bytea,
  texts_hash bytea,
  constraint audit_log_no_key UNIQUE (no),
  constraint audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_program_idx ON public.audit_log USING btree (program_no, id);
CREATE TRIGGER audit_log_append_only BEFORE DELETE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_blank_only BEFORE UPDATE ON public.audit_log FOR EACH ROW WHEN ((((((((((new.id IS DISTINCT FROM old.id) OR (new.no IS DISTINCT FROM old.no)) OR (new.program_no IS DISTINCT FROM old.program_no)) OR (new.at IS DISTINCT FROM old.at)) OR (new.actor IS DISTINCT FROM old.actor)) OR (new.action IS DISTINCT FROM old.action)) OR (new.target IS DISTINCT FROM old.target)) OR (new.texts_hash IS DISTINCT FROM old.texts_hash)) OR (new.reason IS NOT NULL) OR (new.before IS NOT NULL) OR (new.after IS NOT NULL) OR (new.salt IS NOT NULL))) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_commit BEFORE INSERT ON public.audit_log FOR EACH ROW WHEN (((new.reason IS NOT NULL) OR (new.before IS NOT NULL) OR (new.after IS NOT NULL))) EXECUTE FUNCTION commit_to_texts();
CREATE TRIGGER audit_log_hold_seal_off BEFORE INSERT ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION hold_seal_off();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
comment on column audit_log.no is 'In the order of the commits, for the seal: given out only while no seal is made.';

create table balances (
  program_no integer not null,
  person_id bigint not null,
  account text not null,
  unit text not null,
  balance bigint not null,
  constraint balances_pkey PRIMARY KEY (program_no, person_id, account, unit),
  constraint balances_sign_check CHECK (
CASE account
    WHEN 'rewards'::text THEN true
    WHEN 'fund_revenue'::text THEN true
    WHEN 'debt'::text THEN (balance <= 0)
    ELSE (balance >= 0)
END)
);
comment on table balances is 'Kept by the trigger on ledger_entries alone; nobody else may write it. debt is what the person owes, below zero.';

create table batches_in_flight (
  program_no integer not null,
  worker text not null,
  first_id bigint not null,
  last_id bigint not null,
  started_at timestamp with time zone not null,
  deaths smallint not null default 0,
  constraint batches_in_flight_pkey PRIMARY KEY (program_no)
);
comment on table batches_in_flight is 'Written before a batch is folded, removed with its effects: found at a claim, its events run singly.';
comment on column batches_in_flight.deaths is 'Processes that have died over this batch, which is one event; at three it is parked.';

create table catch_ups (
  program_no integer not null,
  id bigint not null generated always as identity,
  source text not null,
  since timestamp with time zone not null,
  until timestamp with time zone not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  listed integer not null default 0,
  missing integer not null default 0,
  missing_types jsonb not null default '{}'::jsonb,
  error text,
  constraint catch_ups_pkey PRIMARY KEY (program_no, id)
);
CREATE INDEX catch_ups_source_idx ON public.catch_ups USING btree (program_no, source, id);
comment on table catch_ups is 'One row a run; the next begins where the last that ended without an error left off.';

create table claims (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  code_key text not null,
  carrier text not null,
  outcome text not null,
  at timestamp with time zone not null,
  cause_id bigint,
  constraint claims_pkey PRIMARY KEY (program_no, id)
);
CREATE INDEX claims_person_idx ON public.claims USING btree (program_no, person_id, id);
CREATE INDEX claims_unknown_idx ON public.claims USING btree (program_no, code_key) WHERE (outcome = 'unknown_code'::text);
CREATE TRIGGER claims_append_only BEFORE DELETE ON public.claims FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claims_hide_only BEFORE UPDATE ON public.claims FOR EACH ROW WHEN (((((((((new.program_no IS DISTINCT FROM old.program_no) OR (new.id IS DISTINCT FROM old.id)) OR (new.person_id IS DISTINCT FROM old.person_id)) OR (new.carrier IS DISTINCT FROM old.carrier)) OR (new.outcome IS DISTINCT FROM old.outcome)) OR (new.at IS DISTINCT FROM old.at)) OR (new.cause_id IS DISTINCT FROM old.cause_id)) OR (new.code_key !~ '^erased\.'::text) OR (old.code_key ~ '^erased\.'::text))) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claims_no_truncate BEFORE TRUNCATE ON public.claims FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
comment on table claims is 'Every code that came along with somebody, and what became of it; also those that lost.';

create table click_days (
  program_no integer not null,
  code_key text not null,
  day date not null,
  clicks integer not null,
  constraint click_days_clicks_check CHECK ((clicks >= 0)),
  constraint click_days_pkey PRIMARY KEY (program_no, code_key, day)
);

create table code_aliases (
  program_no integer not null,
  provider text not null,
  account text not null,
  object_id text not null,
  code_key text not null,
  told_at timestamp with time zone not null,
  constraint code_aliases_pkey PRIMARY KEY (program_no, provider, account, object_id)
);
comment on table code_aliases is 'Which code a promotion code or discount of the provider carries; a session names it by its id only.';
comment on column code_aliases.told_at is 'When the provider said so; the latest word holds, whichever comes last.';

create table codes (
  program_no integer not null,
  code_key text not null,
  code text not null,
  person_id bigint not null,
  kind text not null,
  channel text,
  campaign text,
  created_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  suspended_at timestamp with time zone,
  expires_at timestamp with time zone,
  max_uses integer,
  uses integer not null default 0,
  constraint codes_key_check CHECK ((code_key = lower(code))),
  constraint codes_kind_check CHECK ((kind = ANY (ARRAY['primary'::text, 'link'::text]))),
  constraint codes_pkey PRIMARY KEY (program_no, code_key),
  constraint codes_uses_check CHECK (((uses >= 0) AND ((max_uses IS NULL) OR (uses <= max_uses))))
);
CREATE INDEX codes_person_idx ON public.codes USING btree (program_no, person_id);
CREATE UNIQUE INDEX codes_primary_key ON public.codes USING btree (program_no, person_id) WHERE ((kind = 'primary'::text) AND (revoked_at IS NULL));

create table debts (
  program_no integer not null,
  reward_id bigint not null,
  person_id bigint not null,
  unit text not null,
  amount bigint not null,
  remaining bigint not null,
  created_at timestamp with time zone not null,
  constraint debts_pkey PRIMARY KEY (program_no, reward_id),
  constraint debts_remaining_check CHECK (((remaining >= 0) AND (remaining <= amount)))
);
CREATE INDEX debts_person_idx ON public.debts USING btree (program_no, person_id) WHERE (remaining > 0);
comment on table debts is 'What a person owes because a reward was taken back after it was spent; later rewards repay it.';

create table deductions (
  program_no integer not null,
  provider text not null,
  account text not null,
  kind text not null,
  deduction_id text not null,
  object_id text not null,
  amount bigint not null,
  tax bigint,
  status text not null,
  constraint deductions_amount_check CHECK ((amount >= 0)),
  constraint deductions_kind_check CHECK ((kind = ANY (ARRAY['refund'::text, 'dispute'::text]))),
  constraint deductions_pkey PRIMARY KEY (program_no, provider, account, kind, deduction_id),
  constraint deductions_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text, 'warning'::text, 'open'::text, 'won'::text, 'lost'::text]))),
  constraint deductions_tax_check CHECK ((tax >= 0))
);
CREATE INDEX deductions_object_idx ON public.deductions USING btree (program_no, provider, account, object_id);
comment on table deductions is 'Refunds and disputes as told, whole; only what counts is clamped when a reward''s target is computed.';

create table deliveries (
  program_no integer not null,
  id bigint not null,
  reward_id bigint not null,
  kind text not null,
  amount bigint not null,
  unit text not null,
  idempotency_key text not null,
  sink text not null,
  request text not null,
  state text not null,
  outcome text,
  tried_once boolean not null,
  attempts integer not null default 0,
  retries integer not null default 0,
  epoch integer not null default 0,
  lease_until timestamp with time zone,
  first_try_at timestamp with time zone,
  next_try_at timestamp with time zone,
  reference text,
  cause_id bigint,
  created_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  constraint deliveries_amount_check CHECK ((amount > 0)),
  constraint deliveries_idempotency_key UNIQUE (program_no, idempotency_key),
  constraint deliveries_kind_check CHECK ((kind = ANY (ARRAY['create'::text, 'reverse'::text, 'restore'::text]))),
  constraint deliveries_outcome_check CHECK ((outcome = ANY (ARRAY['refused'::text, 'unknown'::text, 'not_sent'::text]))),
  constraint deliveries_pkey PRIMARY KEY (program_no, id),
  constraint deliveries_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'sending'::text, 'accepted'::text, 'waiting'::text, 'parked'::text, 'confirmed'::text, 'refused'::text, 'cancelled'::text])))
);
CREATE INDEX deliveries_cause_idx ON public.deliveries USING brin (cause_id) WITH (autosummarize='on');
CREATE INDEX deliveries_due_idx ON public.deliveries USING btree (program_no, next_try_at) WHERE (next_try_at IS NOT NULL);
CREATE INDEX deliveries_lease_idx ON public.deliveries USING btree (program_no, lease_until) WHERE (state = 'sending'::text);
CREATE UNIQUE INDEX deliveries_one_open_key ON public.deliveries USING btree (program_no, reward_id) WHERE (settled_at IS NULL);
CREATE UNIQUE INDEX deliveries_reference_key ON public.deliveries USING btree (program_no, sink, kind, reference) WHERE (reference IS NOT NULL);
CREATE INDEX deliveries_reward_idx ON public.deliveries USING btree (program_no, reward_id, id);
comment on column deliveries.request is 'The frozen request; every try sends these bytes under this key.';
comment on column deliveries.state is 'planned → sending → confirmed | refused | accepted (202) | waiting (tried again later) | parked (a person acts).';

create table delivery_attempts (
  program_no integer not null,
  delivery_id bigint not null,
  no integer not null,
  epoch integer not null,
  at timestamp with time zone not null,
  action text not null,
  outcome text not null,
  status integer,
  detail text,
  duration_ms integer not null,
  constraint delivery_attempts_action_check CHECK ((action = ANY (ARRAY['send'::text, 'lookup'::text]))),
  constraint delivery_attempts_pkey PRIMARY KEY (program_no, delivery_id, no)
);
CREATE TRIGGER delivery_attempts_append_only BEFORE DELETE OR UPDATE ON public.delivery_attempts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_attempts_no_truncate BEFORE TRUNCATE ON public.delivery_attempts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table domain_checks (
  program_no integer not null,
  domain_hash text not null,
  referee_id bigint not null,
  created_at timestamp with time zone not null,
  told_at timestamp with time zone,
  registered_at timestamp with time zone,
  tries integer not null default 0,
  next_try_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint domain_checks_pkey PRIMARY KEY (program_no, domain_hash),
  constraint domain_checks_told_check CHECK (((registered_at IS NULL) OR (told_at IS NOT NULL)))
);
CREATE INDEX domain_checks_due_idx ON public.domain_checks USING btree (program_no, next_try_at) WHERE (told_at IS NULL);
comment on table domain_checks is 'One row for each e-mail domain whose age a registry is asked for. The hash is keyed.';
comment on column domain_checks.referee_id is 'Whose sealed address has the domain''s name.';
comment on column domain_checks.told_at is 'null: still asked for. With registered_at null the registry does not say.';

create table domain_uses (
  program_no integer not null,
  code_key text not null,
  domain_hash text not null,
  referee_id bigint not null,
  constraint domain_uses_pkey PRIMARY KEY (program_no, code_key, domain_hash)
);
comment on table domain_uses is 'Who came first from an e-mail domain with a code; whoever comes later earns nothing by it.';

create table erased_prints (
  program_no integer not null,
  kind text not null,
  value_hash text not null,
  person_id bigint not null,
  constraint erased_prints_kind_check CHECK ((kind = 'email'::text)),
  constraint erased_prints_pkey PRIMARY KEY (program_no, value_hash, kind)
);
comment on table erased_prints is 'Keyed hashes by which somebody who was erased earns no second bonus; they reveal nothing.';

create table erasures (
  program_no integer not null,
  person_id bigint not null,
  requested_at timestamp with time zone not null,
  key_version integer,
  email bytea,
  name bytea,
  swept_at timestamp with time zone,
  done_at timestamp with time zone,
  codes bytea,
  codes_key_version integer,
  constraint erasures_codes_check CHECK ((((codes IS NULL) = (codes_key_version IS NULL)) AND ((done_at IS NULL) OR (codes IS NULL)))),
  constraint erasures_pkey PRIMARY KEY (program_no, person_id),
  constraint erasures_swept_check CHECK ((((swept_at IS NULL) OR ((email IS NULL) AND (name IS NULL))) AND ((done_at IS NULL) OR (swept_at IS NOT NULL))))
);
CREATE INDEX erasures_open_idx ON public.erasures USING btree (program_no, person_id) WHERE (done_at IS NULL);
comment on table erasures is 'Who is to be erased. Address and name move here, still encrypted, until every place that may name the person was looked at.';
comment on column erasures.swept_at is 'Since then no body names them; done_at: nor a frozen request, once none of theirs is under way.';
comment on column erasures.codes is 'The texts of their codes, encrypted, until every place that may tell them was looked at.';

create table first_payments (
  program_no integer not null,
  referrer_id bigint not null,
  payment_id bigint not null,
  referee_id bigint not null,
  paid_at timestamp with time zone not null,
  counted boolean not null,
  constraint first_payments_pkey PRIMARY KEY (program_no, payment_id)
);
CREATE INDEX first_payments_window_idx ON public.first_payments USING btree (program_no, referrer_id, paid_at) WHERE counted;
comment on table first_payments is 'First payments as they were decided; counted ones fill a velocity window, held ones do not.';

create table forfeits (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  reward_id bigint not null,
  unit text not null,
  amount bigint not null,
  at timestamp with time zone not null,
  restored_at timestamp with time zone,
  restored_by xid8,
  constraint forfeits_amount_check CHECK ((amount >= 0)),
  constraint forfeits_pkey PRIMARY KEY (program_no, id)
);
CREATE UNIQUE INDEX forfeits_live_key ON public.forfeits USING btree (program_no, reward_id) WHERE (restored_at IS NULL);
CREATE INDEX forfeits_person_idx ON public.forfeits USING btree (program_no, person_id, id);
CREATE INDEX forfeits_reward_idx ON public.forfeits USING btree (program_no, reward_id);
CREATE TRIGGER forfeits_restored BEFORE UPDATE ON public.forfeits FOR EACH ROW EXECUTE FUNCTION check_forfeit();
comment on table forfeits is 'Rewards that a suspension took; given back once, when it is lifted.';
comment on column forfeits.person_id is 'Who is suspended; the reward may be the referee''s.';
comment on column forfeits.amount is 'What of it stood in the ledger as pending; 0: it was not owed yet.';
comment on column forfeits.restored_by is 'The transaction that gave it back: in it alone the reward may stand again.';

create table fund_contributors (
  program_no integer not null,
  id bigint not null,
  github_username text not null,
  member_id text,
  proved_at timestamp with time zone,
  key_version integer,
  details bytea,
  created_at timestamp with time zone not null,
  constraint fund_contributors_details_check CHECK (((details IS NULL) = (key_version IS NULL))),
  constraint fund_contributors_pkey PRIMARY KEY (program_no, id)
);
CREATE UNIQUE INDEX fund_contributors_member_key ON public.fund_contributors USING btree (program_no, member_id) WHERE (member_id IS NOT NULL);
CREATE UNIQUE INDEX fund_contributors_username_key ON public.fund_contributors USING btree (program_no, lower(github_username)) WHERE (proved_at IS NOT NULL);
comment on table fund_contributors is 'Who registered. Only with a proved address: until then it is no more than a wish.';
comment on column fund_contributors.details is 'Payout details, encrypted under a key derived from a salt beside them: needed to be paid, not to be attributed.';

create table fund_identities (
  program_no integer not null,
  identity text not null,
  key_version integer not null,
  address bytea,
  name bytea,
  contributor_id bigint,
  proved_at timestamp with time zone,
  first_seen_at timestamp with time zone not null,
  constraint fund_identities_pkey PRIMARY KEY (program_no, identity),
  constraint fund_identities_proved_check CHECK (((contributor_id IS NULL) = (proved_at IS NULL)))
);
CREATE INDEX fund_identities_contributor_idx ON public.fund_identities USING btree (program_no, contributor_id) WHERE (contributor_id IS NOT NULL);
CREATE TRIGGER fund_identities_change BEFORE UPDATE ON public.fund_identities FOR EACH ROW WHEN (((old.contributor_id IS NOT NULL) AND (new.contributor_id IS DISTINCT FROM old.contributor_id))) EXECUTE FUNCTION refuse_identity_change();
comment on table fund_identities is 'Addresses that commits carry, by keyed hash; the address and the name of the author, encrypted.';

create table fund_lines (
  program_no integer not null,
  month text not null,
  repository text not null,
  component text not null,
  identity text not null,
  weight bigint not null,
  lines bigint not null,
  constraint fund_lines_check CHECK (((weight >= 0) AND (lines > 0))),
  constraint fund_lines_pkey PRIMARY KEY (program_no, month, repository, component, identity)
);
CREATE TRIGGER fund_lines_append_only BEFORE DELETE OR UPDATE ON public.fund_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fund_lines_no_truncate BEFORE TRUNCATE ON public.fund_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
comment on column fund_lines.weight is 'In thousandths.';

create table fund_payouts (
  program_no integer not null,
  id bigint not null,
  contributor_id bigint not null,
  month text not null,
  amount bigint not null,
  unit text not null,
  idempotency_key text not null,
  sink text not null,
  key_version integer,
  request bytea,
  state text not null,
  outcome text,
  attempts integer not null default 0,
  retries integer not null default 0,
  epoch integer not null default 0,
  lease_until timestamp with time zone,
  first_try_at timestamp with time zone,
  next_try_at timestamp with time zone,
  detail text,
  reference text,
  created_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  constraint fund_payouts_amount_check CHECK ((amount > 0)),
  constraint fund_payouts_idempotency_key UNIQUE (program_no, idempotency_key),
  constraint fund_payouts_month_key UNIQUE (program_no, contributor_id, month),
  constraint fund_payouts_pkey PRIMARY KEY (program_no, id),
  constraint fund_payouts_request_check CHECK (((request IS NULL) = (key_version IS NULL))),
  constraint fund_payouts_settled_check CHECK (((settled_at IS NOT NULL) = (state = ANY (ARRAY['confirmed'::text, 'refused'::text])))),
  constraint fund_payouts_sink_check CHECK ((sink = ANY (ARRAY['webhook'::text, 'csv'::text]))),
  constraint fund_payouts_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'sending'::text, 'accepted'::text, 'waiting'::text, 'parked'::text, 'confirmed'::text, 'refused'::text])))
);
CREATE INDEX fund_payouts_due_idx ON public.fund_payouts USING btree (program_no, next_try_at) WHERE (next_try_at IS NOT NULL);
CREATE INDEX fund_payouts_lease_idx ON public.fund_payouts USING btree (program_no, lease_until) WHERE (lease_until IS NOT NULL);
CREATE UNIQUE INDEX fund_payouts_one_open_key ON public.fund_payouts USING btree (program_no, contributor_id) WHERE (settled_at IS NULL);
CREATE UNIQUE INDEX fund_payouts_reference_key ON public.fund_payouts USING btree (program_no, sink, reference) WHERE (reference IS NOT NULL);
CREATE TRIGGER fund_payouts_change BEFORE UPDATE ON public.fund_payouts FOR EACH ROW WHEN ((((old.settled_at IS NOT NULL) AND ((new.state <> old.state) OR (new.settled_at IS DISTINCT FROM old.settled_at))) OR ((((((((old.id IS DISTINCT FROM new.id) OR (old.contributor_id IS DISTINCT FROM new.contributor_id)) OR (old.month IS DISTINCT FROM new.month)) OR (old.amount IS DISTINCT FROM new.amount)) OR (old.unit IS DISTINCT FROM new.unit)) OR (old.idempotency_key IS DISTINCT FROM new.idempotency_key)) OR (old.sink IS DISTINCT FROM new.sink)) OR (old.created_at IS DISTINCT FROM new.created_at)))) EXECUTE FUNCTION refuse_payout_change();
CREATE TRIGGER fund_payouts_delete BEFORE DELETE ON public.fund_payouts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fund_payouts_no_truncate BEFORE TRUNCATE ON public.fund_payouts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER fund_payouts_posted AFTER INSERT OR UPDATE OF state ON public.fund_payouts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_fund();
comment on column fund_payouts.request is 'The frozen request, encrypted, for it holds payout details; gone when the payout is settled.';
comment on column fund_payouts.state is 'As of deliveries. accepted: taken on by the sink or written to a CSV file; a person or the sink says how it ended.';

create table fund_runs (
  program_no integer not null,
  month text not null,
  id bigint not null,
  program_version integer not null,
  unit text not null,
  total bigint not null,
  base bigint not null,
  rate bigint not null,
  granted bigint not null,
  carried bigint not null,
  returned bigint not null,
  distributed bigint not null,
  sbom_hash text not null,
  explain json not null,
  created_at timestamp with time zone not null,
  constraint fund_runs_amount_check CHECK (((base >= 0) AND (granted >= 0) AND (carried >= 0) AND (returned >= 0) AND ((distributed >= 0) AND (distributed <= ((carried + returned) + granted))))),
  constraint fund_runs_granted_check CHECK ((granted = ((base * rate) / 1000000))),
  constraint fund_runs_month_check CHECK ((month ~ '^\d{4}-(0[1-9]|1[0-2])$'::text)),
  constraint fund_runs_pkey PRIMARY KEY (program_no, month)
);
CREATE TRIGGER fund_runs_append_only BEFORE DELETE OR UPDATE ON public.fund_runs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fund_runs_no_truncate BEFORE TRUNCATE ON public.fund_runs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER fund_runs_posted AFTER INSERT ON public.fund_runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_fund();
comment on column fund_runs.total is 'What referred members have paid since the fund began, as known at the run; base is what of it no earlier run counted.';
comment on column fund_runs.carried is 'What the fund held before the run; returned: shares that nobody came for in time.';

create table fund_shares (
  program_no integer not null,
  id bigint not null,
  month text not null,
  identity text not null,
  contributor_id bigint,
  score bigint not null,
  amount bigint not null,
  keep_until timestamp with time zone,
  constraint fund_shares_amount_check CHECK (((score > 0) AND (amount >= 0))),
  constraint fund_shares_kept_check CHECK (((contributor_id IS NULL) = (keep_until IS NOT NULL))),
  constraint fund_shares_key UNIQUE (program_no, month, identity),
  constraint fund_shares_pkey PRIMARY KEY (program_no, id)
);
CREATE INDEX fund_shares_contributor_idx ON public.fund_shares USING btree (program_no, contributor_id) WHERE (contributor_id IS NOT NULL);
CREATE INDEX fund_shares_kept_idx ON public.fund_shares USING btree (program_no, keep_until) WHERE (keep_until IS NOT NULL);
CREATE TRIGGER fund_shares_append_only BEFORE DELETE OR UPDATE ON public.fund_shares FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fund_shares_no_truncate BEFORE TRUNCATE ON public.fund_shares FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER fund_shares_posted AFTER INSERT ON public.fund_shares DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_fund();
comment on table fund_shares is 'What a run gave for an address. With a contributor it was theirs at once; without, it is kept for a while.';

create table fund_starts (
  program_no integer not null,
  since text not null,
  created_at timestamp with time zone not null,
  constraint fund_starts_pkey PRIMARY KEY (program_no),
  constraint fund_starts_since_check CHECK ((since ~ '^\d{4}-(0[1-9]|1[0-2])$'::text))
);
CREATE TRIGGER fund_starts_append_only BEFORE DELETE OR UPDATE ON public.fund_starts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fund_starts_no_truncate BEFORE TRUNCATE ON public.fund_starts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
comment on table fund_starts is 'The first month that counts: adding a fund pays nobody for the past.';

create table inbox_events (
  program_no integer not null,
  id bigint not null generated always as identity,
  source text not null,
  event_id text not null,
  type text not null,
  received_at timestamp with time zone not null,
  occurred_at timestamp with time zone,
  tried_once boolean not null default false,
  body text storage external,
  body_hash bytea not null,
  outcome text,
  reason text,
  constraint inbox_events_outcome_check CHECK ((outcome = ANY (ARRAY['ignored'::text, 'parked'::text]))),
  constraint inbox_events_pkey PRIMARY KEY (program_no, id)
);
CREATE UNIQUE INDEX inbox_events_event_key ON public.inbox_events USING btree (program_no, source, event_id);
CREATE INDEX inbox_events_outcome_idx ON public.inbox_events USING btree (program_no, outcome, id) WHERE (outcome IS NOT NULL);
comment on column inbox_events.tried_once is 'Prefer: wait: what this event plans is delivered with one try before the answer.';
comment on column inbox_events.body is 'As received; null once purged or erased. body_hash and the key stay for ever.';
comment on column inbox_events.outcome is 'null: handled, or pending while inbox_queue holds it; ignored and parked say why in reason.';

create table inbox_queue (
  program_no integer not null,
  id bigint not null,
  constraint inbox_queue_pkey PRIMARY KEY (program_no, id)
);
comment on table inbox_queue is 'What waits for the engine; a row goes in with its event and out with its effects.';

create table ledger_entries (
  program_no integer not null,
  transaction_id bigint not null,
  line smallint not null,
  person_id bigint not null,
  account text not null,
  unit text not null,
  amount bigint not null,
  constraint ledger_entries_account_check CHECK ((((person_id = 0) AND (account = ANY (ARRAY['rewards'::text, 'spent'::text, 'expired'::text, 'forfeited'::text, 'fund_revenue'::text, 'fund'::text, 'fund_kept'::text]))) OR ((person_id > 0) AND (account = ANY (ARRAY['pending'::text, 'available'::text, 'delivered'::text, 'debt'::text, 'fund_owed'::text, 'fund_paid'::text]))))),
  constraint ledger_entries_amount_check CHECK ((amount <> 0)),
  constraint ledger_entries_pkey PRIMARY KEY (program_no, transaction_id, line)
);
CREATE INDEX ledger_entries_person_idx ON public.ledger_entries USING btree (program_no, person_id, transaction_id) WHERE (person_id > 0);
CREATE TRIGGER ledger_entries_append_only BEFORE DELETE OR UPDATE ON public.ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON public.ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_post AFTER INSERT ON public.ledger_entries REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION post_entries();
comment on column ledger_entries.person_id is '0: an account of the program itself.';
comment on column ledger_entries.amount is 'Minor units; what comes in is positive. The entries of a transaction sum to zero per unit.';

create table ledger_transactions (
  program_no integer not null,
  id bigint not null,
  kind text not null,
  reward_id bigint,
  cause_id bigint,
  at timestamp with time zone not null,
  xid xid8 not null default pg_current_xact_id(),
  spend_id bigint,
  fund_id bigint,
  constraint ledger_transactions_fund_check CHECK (((fund_id IS NOT NULL) = (kind ~~ 'fund\_%'::text))),
  constraint ledger_transactions_kind_check CHECK ((kind = ANY (ARRAY['earn'::text, 'credit'::text, 'release'::text, 'deliver'::text, 'spend'::text, 'unspend'::text, 'expire'::text, 'forfeit'::text, 'reverse'::text, 'restore'::text, 'repay'::text, 'join'::text, 'fund_grant'::text, 'fund_share'::text, 'fund_claim'::text, 'fund_return'::text, 'fund_payout'::text]))),
  constraint ledger_transactions_pkey PRIMARY KEY (program_no, id)
);
CREATE INDEX ledger_transactions_cause_idx ON public.ledger_transactions USING brin (cause_id) WITH (autosummarize='on');
CREATE UNIQUE INDEX ledger_transactions_fund_key ON public.ledger_transactions USING btree (program_no, fund_id, kind) WHERE (fund_id IS NOT NULL);
CREATE UNIQUE INDEX ledger_transactions_kept_key ON public.ledger_transactions USING btree (program_no, fund_id) WHERE (kind = ANY (ARRAY['fund_claim'::text, 'fund_return'::text]));
CREATE INDEX ledger_transactions_reward_idx ON public.ledger_transactions USING btree (program_no, reward_id, id) WHERE (reward_id IS NOT NULL);
CREATE UNIQUE INDEX ledger_transactions_spend_key ON public.ledger_transactions USING btree (program_no, spend_id, kind) WHERE (spend_id IS NOT NULL);
CREATE TRIGGER ledger_transactions_append_only BEFORE DELETE OR UPDATE ON public.ledger_transactions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transactions_no_truncate BEFORE TRUNCATE ON public.ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
comment on column ledger_transactions.fund_id is 'The run, share or payout of the fund that it belongs to.';

create table logins (
  program_no integer not null,
  email_hash text not null,
  member_id text not null,
  person_id bigint,
  password text not null,
  claimed_at timestamp with time zone not null default clock_timestamp(),
  created_at timestamp with time zone not null,
  constraint logins_member_key UNIQUE (program_no, member_id),
  constraint logins_pkey PRIMARY KEY (program_no, email_hash)
);
CREATE INDEX logins_person_idx ON public.logins USING btree (program_no, person_id);
comment on table logins is 'How members who signed up here prove who they are; deleted when the person is erased.';
comment on column logins.email_hash is 'Keyed hash of the address as written, in lower case.';
comment on column logins.person_id is 'null: the signup was not finished; after a minute another may take it up.';
comment on column logins.password is 'scrypt, with its parameters and salt: scrypt$N$r$p$salt$hash.';

create table lots (
  program_no integer not null,
  reward_id bigint not null,
  person_id bigint not null,
  unit text not null,
  granted bigint not null,
  remaining bigint not null,
  expired bigint not null default 0,
  expires_at timestamp with time zone,
  created_at timestamp with time zone not null,
  expiries integer not null default 0,
  allowed bigint not null,
  constraint lots_allowed_check CHECK (((allowed >= 0) AND (expiries >= 0))),
  constraint lots_pkey PRIMARY KEY (program_no, reward_id),
  constraint lots_remaining_check CHECK (((remaining >= 0) AND (expired >= 0) AND ((remaining + expired) <= granted)))
);
CREATE INDEX lots_expiry_idx ON public.lots USING btree (program_no, expires_at) WHERE ((remaining > 0) AND (expires_at IS NOT NULL));
CREATE INDEX lots_person_idx ON public.lots USING btree (program_no, person_id, expires_at, reward_id) WHERE (remaining > 0);
comment on table lots is 'What of a reward is left to spend; used and expired in the order (expires_at nulls last, reward_id).';
comment on column lots.expiries is 'How often it has expired: each time is told once.';
comment on column lots.allowed is 'The most that its reward may give; what was forfeited above it is never given after all.';

create table mail_periods (
  program_no integer not null,
  kind text not null,
  period text not null,
  done_at timestamp with time zone not null,
  constraint mail_periods_kind_check CHECK ((kind = ANY (ARRAY['news'::text, 'summary'::text]))),
  constraint mail_periods_pkey PRIMARY KEY (program_no, kind, period)
);
comment on table mail_periods is 'Days and months whose mails are planned, all of them; half done ones are begun again, and mails_key keeps each one.';

create table mail_refusals (
  program_no integer not null,
  person_id bigint not null,
  kind text not null,
  constraint mail_refusals_kind_check CHECK ((kind = ANY (ARRAY['news'::text, 'summary'::text]))),
  constraint mail_refusals_pkey PRIMARY KEY (program_no, person_id, kind)
);
comment on table mail_refusals is 'Which of these mails a member does not want; none: they get what the program sends.';

create table mail_suppressions (
  program_no integer not null,
  recipient_hash text not null,
  created_at timestamp with time zone not null,
  constraint mail_suppressions_pkey PRIMARY KEY (program_no, recipient_hash)
);
comment on table mail_suppressions is 'Who unsubscribed: keyed hashes, kept for ever, also when the person is erased.';

create table mails (
  program_no integer not null,
  id bigint not null generated always as identity,
  kind text not null,
  mail_key text not null,
  person_id bigint,
  recipient_hash text not null,
  key_version integer not null,
  recipient bytea,
  message_id text not null,
  subject text,
  text text,
  html text,
  state text not null,
  reason text,
  attempts integer not null default 0,
  next_try_at timestamp with time zone,
  lease_until timestamp with time zone,
  created_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  constraint mails_content_check CHECK ((((subject IS NOT NULL) = (state = ANY (ARRAY['planned'::text, 'sending'::text]))) AND ((text IS NULL) = (subject IS NULL)) AND ((html IS NULL) = (subject IS NULL)))),
  constraint mails_due_check CHECK ((((next_try_at IS NOT NULL) = (state = 'planned'::text)) AND ((lease_until IS NOT NULL) = (state = 'sending'::text)))),
  constraint mails_key UNIQUE (program_no, mail_key),
  constraint mails_pkey PRIMARY KEY (program_no, id),
  constraint mails_recipient_check CHECK (((recipient IS NOT NULL) OR (state <> ALL (ARRAY['planned'::text, 'sending'::text])))),
  constraint mails_sent_check CHECK (((sent_at IS NOT NULL) = (state = 'sent'::text))),
  constraint mails_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX mails_due_idx ON public.mails USING btree (program_no, next_try_at, id) WHERE (next_try_at IS NOT NULL);
CREATE INDEX mails_lease_idx ON public.mails USING btree (program_no, lease_until) WHERE (lease_until IS NOT NULL);
CREATE INDEX mails_person_idx ON public.mails USING btree (program_no, person_id, created_at, id);
CREATE INDEX mails_recipient_idx ON public.mails USING btree (program_no, recipient_hash);
CREATE INDEX mails_state_idx ON public.mails USING btree (program_no, state);
comment on table mails is 'Written once, sent at least once: a try whose outcome is unknown is repeated under the same message_id.';
comment on column mails.mail_key is 'What the mail is for, which is mailed once: invitation:<recipient_hash>.';
comment on column mails.person_id is 'Who has it sent, or whom it is about.';
comment on column mails.recipient_hash is 'Keyed hash of the address as matched, as persons.email_hash.';
comment on column mails.recipient is 'The address, encrypted under a key derived from a salt beside it.';
comment on column mails.subject is 'Frozen with text and html when it was planned; gone as soon as it is not needed any more.';
comment on column mails.reason is 'Why it failed or was cancelled; never the words of a mail server, which quote addresses.';
comment on column mails.attempts is 'Counted at the claim: a result is written only by the try that still holds the mail.';

create table member_keys (
  program_no integer not null,
  id text not null,
  person_id bigint not null,
  slot smallint not null,
  name text,
  prefix text not null,
  hash bytea not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint member_keys_pkey PRIMARY KEY (program_no, id),
  constraint member_keys_scopes_check CHECK (((scopes <@ ARRAY['links'::text, 'read'::text]) AND (cardinality(scopes) > 0))),
  constraint member_keys_slot_check CHECK ((slot = ANY (ARRAY[1, 2])))
);
CREATE UNIQUE INDEX member_keys_hash_key ON public.member_keys USING btree (program_no, hash);
CREATE UNIQUE INDEX member_keys_live_key ON public.member_keys USING btree (program_no, person_id, slot) WHERE (revoked_at IS NULL);
CREATE INDEX member_keys_person_idx ON public.member_keys USING btree (program_no, person_id, created_at);
comment on table member_keys is 'API keys that members made for themselves: sha256 of a 256-bit secret; shown once.';
comment on column member_keys.slot is 'At most two live at a time, so that one can replace the other without a gap.';

create table month_volumes (
  program_no integer not null,
  person_id bigint not null,
  month text not null,
  net bigint not null,
  constraint month_volumes_month_check CHECK ((month ~ '^\d{4}-\d{2}$'::text)),
  constraint month_volumes_net_check CHECK ((net >= 0)),
  constraint month_volumes_pkey PRIMARY KEY (program_no, person_id, month)
);
comment on table month_volumes is 'Net of the payments that earned a share, by the month (UTC) of their event time; tiers by monthly volume go by it.';

create table network_checks (
  program_no integer not null,
  ip_hash text not null,
  referee_id bigint not null,
  created_at timestamp with time zone not null,
  told_at timestamp with time zone,
  country text,
  asn bigint,
  kinds text,
  tries integer not null default 0,
  next_try_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint network_checks_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
  constraint network_checks_pkey PRIMARY KEY (program_no, ip_hash),
  constraint network_checks_told_check CHECK (((told_at IS NOT NULL) OR ((country IS NULL) AND (asn IS NULL) AND (kinds IS NULL))))
);
CREATE INDEX network_checks_due_idx ON public.network_checks USING btree (program_no, next_try_at) WHERE (told_at IS NULL);
comment on table network_checks is 'One row for each address whose network a list or a service is asked for. The hash is keyed.';
comment on column network_checks.referee_id is 'Whose sealed address it is.';
comment on column network_checks.kinds is 'Joined by commas; null: whoever was asked does not say.';

create table payment_aliases (
  program_no integer not null,
  provider text not null,
  account text not null,
  object_id text not null,
  payment_id bigint,
  constraint payment_aliases_pkey PRIMARY KEY (program_no, provider, account, object_id)
);
CREATE INDEX payment_aliases_payment_idx ON public.payment_aliases USING btree (program_no, payment_id);
comment on column payment_aliases.payment_id is 'null: two invoices share this object, so it is an alias of neither; payment_links tells the parts.';

create table payment_links (
  program_no integer not null,
  provider text not null,
  account text not null,
  object_id text not null,
  payment_id bigint not null,
  amount_paid bigint not null,
  constraint payment_links_amount_paid_check CHECK ((amount_paid >= 0)),
  constraint payment_links_pkey PRIMARY KEY (program_no, provider, account, object_id, payment_id)
);
CREATE INDEX payment_links_payment_idx ON public.payment_links USING btree (program_no, payment_id);

create table payments (
  program_no integer not null,
  id bigint not null,
  source text not null,
  provider text not null,
  account text not null,
  source_payment_id text not null,
  name_rank integer not null,
  mode text not null,
  currency text,
  gross bigint,
  tax bigint,
  discount bigint,
  credit_applied bigint,
  settled_currency text,
  settled_gross bigint,
  figures_rank integer not null,
  kind text,
  paid_at timestamp with time zone,
  person_id bigint,
  payer_by text,
  payer_rank integer not null,
  email_hash text,
  instrument_hash text,
  match_until timestamp with time zone,
  unmatched boolean not null default false,
  merged_into bigint,
  reason text,
  created_at timestamp with time zone not null,
  constraint payments_figures_check CHECK ((((gross IS NULL) = (currency IS NULL)) AND (gross >= 0) AND ((tax >= 0) AND (tax <= gross)))),
  constraint payments_merged_check CHECK (((merged_into IS NULL) OR (merged_into <> id))),
  constraint payments_pkey PRIMARY KEY (program_no, id)
);
CREATE INDEX payments_email_idx ON public.payments USING btree (program_no, email_hash) WHERE (email_hash IS NOT NULL);
CREATE INDEX payments_match_idx ON public.payments USING btree (program_no, match_until) WHERE (match_until IS NOT NULL);
CREATE UNIQUE INDEX payments_name_key ON public.payments USING btree (program_no, source_payment_id) WHERE (merged_into IS NULL);
CREATE INDEX payments_person_idx ON public.payments USING btree (program_no, person_id, paid_at);
CREATE INDEX payments_reason_idx ON public.payments USING btree (program_no, created_at, id) WHERE (reason IS NOT NULL);
comment on column payments.gross is 'What was paid, tax included; null while only a refund or dispute has named the payment.';
comment on column payments.match_until is 'Until then it waits for an invoice to name it.';
comment on column payments.reason is 'Why it earned nothing; null when a rule granted something.';

create table person_aliases (
  program_no integer not null,
  kind text not null,
  value text not null,
  person_id bigint not null,
  constraint person_aliases_kind_check CHECK ((kind = ANY (ARRAY['member'::text, 'customer'::text]))),
  constraint person_aliases_pkey PRIMARY KEY (program_no, kind, value)
);
CREATE INDEX person_aliases_person_idx ON public.person_aliases USING btree (program_no, person_id);

create table person_facts (
  program_no integer not null,
  kind text not null,
  value_hash text not null,
  person_id bigint not null,
  seen_at timestamp with time zone not null,
  constraint person_facts_kind_check CHECK ((kind = ANY (ARRAY['ip'::text, 'subnet'::text, 'fingerprint'::text, 'instrument'::text]))),
  constraint person_facts_pkey PRIMARY KEY (program_no, kind, value_hash, person_id)
);
CREATE INDEX person_facts_person_idx ON public.person_facts USING btree (program_no, person_id);
comment on table person_facts is 'Keyed hashes of what a person was seen with; fraud signals compare them.';

create table person_secrets (
  program_no integer not null,
  person_id bigint not null,
  key_version integer not null,
  email bytea,
  name bytea,
  ip bytea,
  constraint person_secrets_pkey PRIMARY KEY (program_no, person_id)
);
CREATE TRIGGER person_secrets_erase_login AFTER DELETE ON public.person_secrets FOR EACH ROW EXECUTE FUNCTION erase_login();
CREATE TRIGGER person_secrets_erase_words AFTER DELETE ON public.person_secrets FOR EACH ROW EXECUTE FUNCTION erase_words();
comment on table person_secrets is 'Address and name, and where they were until that has been looked up, each encrypted under a key derived from a salt beside it: deleting the row is the erasure.';

create table persons (
  program_no integer not null,
  id bigint not null,
  member_id text not null,
  created_at timestamp with time zone not null,
  account_created_at timestamp with time zone,
  signed_up_at timestamp with time zone,
  completed_at timestamp with time zone,
  email_hash text,
  email_verified boolean,
  domain_hash text,
  public_mailbox boolean not null default false,
  org_id text,
  rate bigint,
  tier text,
  suspended_at timestamp with time zone,
  suspended_reason text,
  note text,
  first_payment_id bigint,
  first_paid_at timestamp with time zone,
  merged_into bigint,
  deleted_at timestamp with time zone,
  erased_at timestamp with time zone,
  disposable boolean not null default false,
  claim_hash text,
  constraint persons_merged_check CHECK (((merged_into IS NULL) OR (merged_into <> id))),
  constraint persons_pkey PRIMARY KEY (program_no, id),
  constraint persons_rate_check CHECK (((rate >= 0) AND (rate <= 1000000)))
);
CREATE INDEX persons_claim_idx ON public.persons USING btree (program_no, claim_hash) WHERE (claim_hash IS NOT NULL);
CREATE INDEX persons_created_idx ON public.persons USING btree (program_no, created_at, id);
CREATE INDEX persons_email_idx ON public.persons USING btree (program_no, email_hash) WHERE (email_hash IS NOT NULL);
CREATE INDEX persons_merged_idx ON public.persons USING btree (program_no, merged_into) WHERE (merged_into IS NOT NULL);
comment on column persons.email_hash is 'Keyed hash of the address as matched: plus tags, case and Gmail dots do not count.';
comment on column persons.rate is 'An individual rate in parts per million, set by an admin.';
comment on column persons.first_paid_at is 'Event time of the earliest payment that could earn.';
comment on column persons.disposable is 'The address is of a throw-away mailbox.';
comment on column persons.claim_hash is 'Keyed hash of the address as browsers tell it, as in visit_claims; null where nobody has told it since 0017.';

create table program_versions (
  program_no integer not null,
  version integer not null,
  hash text not null,
  file text not null,
  created_at timestamp with time zone not null,
  constraint program_versions_hash_key UNIQUE (program_no, hash),
  constraint program_versions_pkey PRIMARY KEY (program_no, version),
  constraint program_versions_program_no_fkey FOREIGN KEY (program_no) REFERENCES programs(no)
);
CREATE TRIGGER program_versions_append_only BEFORE DELETE OR UPDATE ON public.program_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER program_versions_no_truncate BEFORE TRUNCATE ON public.program_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table programs (
  no integer not null generated always as identity,
  name text not null,
  created_at timestamp with time zone not null,
  constraint programs_name_key UNIQUE (name),
  constraint programs_pkey PRIMARY KEY (no)
);

create table provider_codes (
  program_no integer not null,
  source text not null,
  code_key text not null,
  state text not null,
  object_id text,
  reason text,
  attempts integer not null default 0,
  next_try_at timestamp with time zone,
  lease_until timestamp with time zone,
  created_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  constraint provider_codes_object_check CHECK (((object_id IS NOT NULL) OR (state = ANY (ARRAY['planned'::text, 'refused'::text])))),
  constraint provider_codes_pkey PRIMARY KEY (program_no, source, code_key),
  constraint provider_codes_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'made'::text, 'refused'::text, 'ended'::text])))
);
CREATE INDEX provider_codes_due_idx ON public.provider_codes USING btree (program_no, next_try_at) WHERE (next_try_at IS NOT NULL);
comment on table provider_codes is 'The promotion code or discount of a member''s code; ended with the code itself.';
comment on column provider_codes.reason is 'The provider''s own word for why it refused.';

create table rank_months (
  program_no integer not null,
  rule text not null,
  month text not null,
  constraint rank_months_month_check CHECK ((month ~ '^\d{4}-\d{2}$'::text)),
  constraint rank_months_pkey PRIMARY KEY (program_no, rule, month)
);
comment on table rank_months is 'Months in which a rule for the leaderboard was in force; each is closed once, when it is over.';

create table rate_limits (
  key character varying(255) not null,
  points integer not null default 0,
  expire bigint,
  constraint rate_limits_pkey PRIMARY KEY (key)
) with (fillfactor=50);
comment on table rate_limits is 'Shared by all processes; expire is in ms since 1970, and what has expired is deleted by the limiter.';

create table referral_counts (
  program_no integer not null,
  person_id bigint not null,
  pending bigint not null,
  completed bigint not null,
  qualified bigint not null,
  last_at timestamp with time zone,
  constraint referral_counts_pkey PRIMARY KEY (program_no, person_id)
) with (fillfactor=70);
comment on table referral_counts is 'Referrals of a referrer by state; kept by triggers on referrals alone. qualified ones are completed, too.';

create table referrals (
  program_no integer not null,
  referee_id bigint not null,
  id bigint not null,
  referrer_id bigint not null,
  code_key text not null,
  carrier text not null,
  status text not null,
  reason text,
  flags text[] not null default '{}'::text[],
  held boolean not null default false,
  evidence json not null,
  created_at timestamp with time zone not null,
  completed_at timestamp with time zone,
  qualified_at timestamp with time zone,
  qualify_until timestamp with time zone,
  constraint referrals_not_oneself_check CHECK ((referee_id <> referrer_id)),
  constraint referrals_pkey PRIMARY KEY (program_no, referee_id),
  constraint referrals_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'completed'::text, 'denied'::text, 'void'::text])))
);
CREATE INDEX referrals_code_idx ON public.referrals USING btree (program_no, code_key) INCLUDE (status);
CREATE INDEX referrals_completed_idx ON public.referrals USING btree (program_no, completed_at) INCLUDE (referrer_id) WHERE (status = 'completed'::text);
CREATE UNIQUE INDEX referrals_id_key ON public.referrals USING btree (program_no, id);
CREATE INDEX referrals_qualify_idx ON public.referrals USING btree (program_no, qualify_until) WHERE (qualify_until IS NOT NULL);
CREATE INDEX referrals_referrer_idx ON public.referrals USING btree (program_no, referrer_id, created_at, id) INCLUDE (status, referee_id);
CREATE INDEX referrals_unchecked_idx ON public.referrals USING btree (program_no, referee_id) WHERE (flags @> ARRAY['check_unavailable'::text]);
CREATE INDEX referrals_waiting_idx ON public.referrals USING btree (program_no, referrer_id) WHERE (qualify_until IS NOT NULL);
CREATE TRIGGER referrals_count_insert AFTER INSERT ON public.referrals REFERENCING NEW TABLE AS new_referrals FOR EACH STATEMENT EXECUTE FUNCTION count_referrals();
CREATE TRIGGER referrals_count_update AFTER UPDATE ON public.referrals REFERENCING OLD TABLE AS old_referrals NEW TABLE AS new_referrals FOR EACH STATEMENT EXECUTE FUNCTION count_referrals();
comment on column referrals.qualified_at is 'Event time at which it began to count for tiers and for rewards of qualified referrals.';
comment on column referrals.qualify_until is 'Not qualified by then, it never will be; null: there is no such time, or it is decided.';

create table reports (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  code_key text not null,
  reason text,
  message text,
  created_at timestamp with time zone not null,
  constraint reports_pkey PRIMARY KEY (program_no, id)
);
CREATE INDEX reports_id_idx ON public.reports USING btree (id);
CREATE INDEX reports_person_idx ON public.reports USING btree (program_no, person_id, id);
comment on table reports is 'What people say of a code that they saw misused; nothing follows of itself.';

create table reward_approvals (
  program_no integer not null,
  reward_id bigint not null,
  actor text not null,
  at timestamp with time zone not null,
  constraint reward_approvals_pkey PRIMARY KEY (program_no, reward_id, actor)
);
CREATE TRIGGER reward_approvals_append_only BEFORE DELETE OR UPDATE ON public.reward_approvals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reward_approvals_no_truncate BEFORE TRUNCATE ON public.reward_approvals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
comment on table reward_approvals is 'Who has approved a reward that needs two persons; nobody twice.';

create table reward_days (
  program_no integer not null,
  person_id bigint not null,
  unit text not null,
  day date not null,
  earned bigint not null,
  pending bigint not null,
  constraint reward_days_pkey PRIMARY KEY (program_no, person_id, unit, day)
) with (fillfactor=70);
comment on table reward_days is 'Sums of rewards by the UTC day on which they were credited, or made while they are not; kept by triggers on rewards alone.';
comment on column reward_days.earned is 'Credited, net of reversals, with what vests, without what is held or failed.';

create table reward_history (
  program_no integer not null,
  id bigint not null,
  reward_id bigint not null,
  status text not null,
  reason text,
  outcome text,
  amount bigint not null,
  at timestamp with time zone not null,
  cause_id bigint,
  actor text,
  note text,
  salt bytea,
  note_hash bytea,
  constraint reward_history_pkey PRIMARY KEY (program_no, reward_id, id)
);
CREATE INDEX reward_history_cause_idx ON public.reward_history USING brin (cause_id) WITH (autosummarize='on');
CREATE INDEX reward_history_id_idx ON public.reward_history USING btree (program_no, id);
CREATE TRIGGER reward_history_append_only BEFORE DELETE ON public.reward_history FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reward_history_blank_only BEFORE UPDATE ON public.reward_history FOR EACH ROW WHEN (((((((((((((new.program_no IS DISTINCT FROM old.program_no) OR (new.id IS DISTINCT FROM old.id)) OR (new.reward_id IS DISTINCT FROM old.reward_id)) OR (new.status IS DISTINCT FROM old.status)) OR (new.reason IS DISTINCT FROM old.reason)) OR (new.outcome IS DISTINCT FROM old.outcome)) OR (new.amount IS DISTINCT FROM old.amount)) OR (new.at IS DISTINCT FROM old.at)) OR (new.cause_id IS DISTINCT FROM old.cause_id)) OR (new.actor IS DISTINCT FROM old.actor)) OR (new.note_hash IS DISTINCT FROM old.note_hash)) OR (new.note IS NOT NULL) OR (new.salt IS NOT NULL))) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reward_history_commit BEFORE INSERT ON public.reward_history FOR EACH ROW WHEN ((new.note IS NOT NULL)) EXECUTE FUNCTION commit_to_note();
CREATE TRIGGER reward_history_no_truncate BEFORE TRUNCATE ON public.reward_history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table reward_transitions (
  from_status text not null,
  to_status text not null,
  constraint reward_transitions_pkey PRIMARY KEY (from_status, to_status)
);
comment on table reward_transitions is 'The status changes that exist. Credited never returns to pending.';

create table rewards (
  program_no integer not null,
  id bigint not null,
  rule text not null,
  beneficiary text not null,
  person_id bigint not null,
  member_id text not null,
  referrer_id bigint not null,
  referee_id bigint not null,
  status text not null,
  reason text,
  outcome text,
  flags text[] not null default '{}'::text[],
  unit text not null,
  amount bigint not null,
  reversed_amount bigint not null default 0,
  forfeited_amount bigint not null default 0,
  posted_amount bigint not null default 0,
  allowance bigint,
  rate bigint,
  conversion_num bigint not null default 1,
  conversion_den bigint not null default 1,
  base_amount bigint,
  base_currency text,
  source text,
  source_payment_id text,
  payment_id bigint,
  idempotency_key text not null,
  program_version integer not null,
  released boolean not null default false,
  approved_at timestamp with time zone,
  delivered_amount bigint not null default 0,
  in_flight bigint,
  reverse_count integer not null default 0,
  restore_count integer not null default 0,
  created_at timestamp with time zone not null,
  credited_at timestamp with time zone,
  vests_at timestamp with time zone,
  settles_at timestamp with time zone,
  expires_at timestamp with time zone,
  explain json not null,
  fixed_amount bigint,
  constraint rewards_allowance_check CHECK (((allowance IS NULL) OR (amount <= allowance))),
  constraint rewards_amount_check CHECK (((amount >= 0) AND (posted_amount >= 0) AND (delivered_amount >= 0))),
  constraint rewards_beneficiary_check CHECK ((beneficiary = ANY (ARRAY['referrer'::text, 'referee'::text]))),
  constraint rewards_forfeited_check CHECK (((forfeited_amount >= 0) AND ((reversed_amount + forfeited_amount) <= amount))),
  constraint rewards_idempotency_key UNIQUE (program_no, idempotency_key),
  constraint rewards_pkey PRIMARY KEY (program_no, id),
  constraint rewards_reversed_check CHECK (((reversed_amount >= 0) AND (reversed_amount <= amount))),
  constraint rewards_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'credited'::text, 'failed'::text, 'reversed'::text, 'rejected'::text])))
);
CREATE INDEX rewards_allowance_idx ON public.rewards USING btree (program_no, person_id, rule) INCLUDE (allowance) WHERE ((allowance IS NOT NULL) AND ((status <> 'rejected'::text) OR (forfeited_amount > 0)));
CREATE INDEX rewards_created_idx ON public.rewards USING btree (created_at, id);
CREATE UNIQUE INDEX rewards_payment_key ON public.rewards USING btree (program_no, payment_id, rule, person_id) WHERE (payment_id IS NOT NULL);
CREATE INDEX rewards_person_idx ON public.rewards USING btree (program_no, person_id, created_at, id);
CREATE INDEX rewards_referee_idx ON public.rewards USING btree (program_no, referee_id);
CREATE UNIQUE INDEX rewards_referral_key ON public.rewards USING btree (program_no, referee_id, rule, person_id) WHERE ((payment_id IS NULL) AND (source IS NULL) AND (status <> ALL (ARRAY['reversed'::text, 'rejected'::text])));
CREATE INDEX rewards_review_idx ON public.rewards USING btree (created_at, id) WHERE ((status = 'failed'::text) OR ((status = 'pending'::text) AND (reason = 'held'::text)));
CREATE INDEX rewards_settles_idx ON public.rewards USING btree (program_no, settles_at) WHERE ((status = 'pending'::text) AND (settles_at IS NOT NULL));
CREATE UNIQUE INDEX rewards_source_payment_id_key ON public.rewards USING btree (program_no, source_payment_id, rule, member_id);
CREATE INDEX rewards_status_idx ON public.rewards USING btree (program_no, status, created_at, id) WHERE (status <> 'credited'::text);
CREATE INDEX rewards_vesting_idx ON public.rewards USING btree (program_no, person_id) INCLUDE (unit, amount, reversed_amount, forfeited_amount) WHERE ((status = 'pending'::text) AND (reason = 'vesting'::text));
CREATE INDEX rewards_vests_idx ON public.rewards USING btree (program_no, vests_at) WHERE ((status = 'pending'::text) AND (vests_at IS NOT NULL));
CREATE TRIGGER rewards_count_delete AFTER DELETE ON public.rewards REFERENCING OLD TABLE AS old_rewards FOR EACH STATEMENT EXECUTE FUNCTION count_rewards();
CREATE TRIGGER rewards_count_insert AFTER INSERT ON public.rewards REFERENCING NEW TABLE AS new_rewards FOR EACH STATEMENT EXECUTE FUNCTION count_rewards();
CREATE TRIGGER rewards_count_update AFTER UPDATE ON public.rewards REFERENCING OLD TABLE AS old_rewards NEW TABLE AS new_rewards FOR EACH STATEMENT EXECUTE FUNCTION count_rewards();
CREATE TRIGGER rewards_delete BEFORE DELETE ON public.rewards FOR EACH ROW WHEN (((old.posted_amount > 0) OR (old.delivered_amount > 0) OR (old.in_flight IS NOT NULL) OR (old.credited_at IS NOT NULL))) EXECUTE FUNCTION refuse_reward_delete();
CREATE TRIGGER rewards_identity BEFORE UPDATE ON public.rewards FOR EACH ROW WHEN (((old.rule <> new.rule) OR (old.unit <> new.unit) OR (old.program_version <> new.program_version) OR ((old.idempotency_key <> new.idempotency_key) AND ((old.posted_amount > 0) OR (old.in_flight IS NOT NULL) OR (old.delivered_amount > 0))))) EXECUTE FUNCTION check_reward_identity();
CREATE TRIGGER rewards_restored BEFORE UPDATE ON public.rewards FOR EACH ROW WHEN (((old.status = 'rejected'::text) AND (new.status <> 'rejected'::text))) EXECUTE FUNCTION check_reward_restored();
CREATE TRIGGER rewards_transition BEFORE UPDATE ON public.rewards FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION check_reward_transition();
comment on column rewards.posted_amount is 'What of it stands in the ledger for the person now; the entries of the reward sum to it.';
comment on column rewards.released is 'The signals let it through; approved_at: a person did.';
comment on column rewards.delivered_amount is 'What the sink has confirmed, net of confirmed reversals; in_flight names the delivery that is not settled.';
comment on column rewards.fixed_amount is 'What its rule paid when it was decided, before any cap; null for shares.';

create table seals (
  program_no integer not null,
  seq bigint not null,
  from_id bigint not null,
  to_id bigint not null,
  transactions bigint not null,
  previous bytea not null,
  hash bytea not null,
  sealed_at timestamp with time zone not null,
  chain text not null default 'ledger'::text,
  constraint seals_chain_check CHECK ((chain = ANY (ARRAY['ledger'::text, 'decisions'::text, 'audit'::text]))),
  constraint seals_pkey PRIMARY KEY (program_no, chain, seq)
);
CREATE TRIGGER seals_append_only BEFORE DELETE OR UPDATE ON public.seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seals_no_truncate BEFORE TRUNCATE ON public.seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
comment on table seals is 'Hash chains, written behind what they seal: ranges of ledger transactions, of reward_history (decisions), and of the whole audit_log (program 0).';
comment on column seals.transactions is 'How many rows of the chain''s table.';

create table settings (
  key text not null,
  value text not null,
  constraint settings_pkey PRIMARY KEY (key)
);
comment on table settings is 'One row per fact about this database: test_clock_now, created_under_test_clock.';

create table sink_breakers (
  program_no integer not null,
  failures integer not null,
  open_until timestamp with time zone,
  opened_at timestamp with time zone,
  last_error text,
  constraint sink_breakers_pkey PRIMARY KEY (program_no)
);
comment on column sink_breakers.last_error is 'In a word, as in the delivery''s last attempt; gone when the sink answers again.';

create table source_types (
  program_no integer not null,
  source text not null,
  type text not null,
  first_seen_at timestamp with time zone not null,
  constraint source_types_pkey PRIMARY KEY (program_no, source, type)
);
comment on table source_types is 'Which event types a source has ever delivered: invoice_payment.* decides what a bare payment intent may earn.';

create table spend_lots (
  program_no integer not null,
  spend_id bigint not null,
  reward_id bigint not null,
  amount bigint not null,
  constraint spend_lots_amount_check CHECK ((amount > 0)),
  constraint spend_lots_pkey PRIMARY KEY (program_no, spend_id, reward_id)
);
CREATE TRIGGER spend_lots_append_only BEFORE DELETE OR UPDATE ON public.spend_lots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER spend_lots_no_truncate BEFORE TRUNCATE ON public.spend_lots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER spend_lots_taken AFTER INSERT ON public.spend_lots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_spend();
comment on table spend_lots is 'What a spend took of which lots; a void gives it back to the same.';

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
  created_at timestamp with time zone not null,
  voided_at timestamp with time zone,
  constraint spends_amount_check CHECK ((amount > 0)),
  constraint spends_balance_check CHECK ((balance_after >= 0)),
  constraint spends_idempotency_key UNIQUE (program_no, idempotency_key),
  constraint spends_pkey PRIMARY KEY (program_no, id)
);
CREATE INDEX spends_person_idx ON public.spends USING btree (program_no, person_id, id);
CREATE TRIGGER spends_change BEFORE UPDATE ON public.spends FOR EACH ROW WHEN ((((old.voided_at IS NOT NULL) AND (new.voided_at IS DISTINCT FROM old.voided_at)) OR (((((((((old.id IS DISTINCT FROM new.id) OR (old.member_id IS DISTINCT FROM new.member_id)) OR (old.unit IS DISTINCT FROM new.unit)) OR (old.amount IS DISTINCT FROM new.amount)) OR (old.idempotency_key IS DISTINCT FROM new.idempotency_key)) OR (old.reason IS DISTINCT FROM new.reason)) OR (old.balance_after IS DISTINCT FROM new.balance_after)) OR (old.cause_id IS DISTINCT FROM new.cause_id)) OR (old.created_at IS DISTINCT FROM new.created_at)))) EXECUTE FUNCTION refuse_spend_change();
CREATE TRIGGER spends_delete BEFORE DELETE ON public.spends FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER spends_no_truncate BEFORE TRUNCATE ON public.spends FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER spends_taken AFTER INSERT OR UPDATE OF voided_at ON public.spends DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_spend();
comment on table spends is 'Credit that was used. A usage that draws credit is one under the key usage:<usage id>.';
comment on column spends.balance_after is 'Available right after it: what its caller was answered, also when they ask again.';

create table suspensions (
  program_no integer not null,
  id bigint not null,
  person_id bigint not null,
  reason text,
  detail text,
  by text not null,
  referee_id bigint,
  evidence json not null,
  at timestamp with time zone not null,
  lifted_at timestamp with time zone,
  lifted_by text,
  notified_at timestamp with time zone,
  constraint suspensions_lifted_check CHECK ((((lifted_at IS NULL) = (lifted_by IS NULL)) AND (lifted_at >= at))),
  constraint suspensions_pkey PRIMARY KEY (program_no, id)
);
CREATE UNIQUE INDEX suspensions_live_key ON public.suspensions USING btree (program_no, person_id) WHERE (lifted_at IS NULL);
CREATE INDEX suspensions_person_idx ON public.suspensions USING btree (program_no, person_id, at);
CREATE INDEX suspensions_unnotified_idx ON public.suspensions USING btree (program_no, at) WHERE ((notified_at IS NULL) AND (lifted_at IS NULL));
comment on table suspensions is 'One row for each suspension of a member, from its beginning to its end.';
comment on column suspensions.by is 'An admin, or `signal <name>`.';
comment on column suspensions.referee_id is 'Whose signup or payment the signal was asked about.';
comment on column suspensions.notified_at is 'The mail about it is planned; null: not yet, or there is no address.';

create table tier_changes (
  program_no integer not null,
  person_id bigint not null,
  id bigint not null,
  tier text not null,
  since timestamp with time zone not null,
  constraint tier_changes_pkey PRIMARY KEY (program_no, person_id, id)
);
comment on table tier_changes is 'Which tier somebody stood in when: a share of a payment goes by the payment''s own time.';

create table usage_events (
  program_no integer not null,
  person_id bigint not null,
  usage_id text not null,
  quantity bigint not null,
  billable boolean not null,
  at timestamp with time zone not null,
  constraint usage_events_pkey PRIMARY KEY (program_no, person_id, usage_id),
  constraint usage_events_quantity_check CHECK ((quantity >= 0))
);
comment on table usage_events is 'The usage that counted, so that none counts twice; a few for each member.';

create table usage_totals (
  program_no integer not null,
  person_id bigint not null,
  quantity bigint not null,
  billable bigint not null,
  qualifying_at timestamp with time zone,
  last_at timestamp with time zone not null,
  constraint usage_totals_check CHECK (((quantity >= 0) AND ((billable >= 0) AND (billable <= quantity)))),
  constraint usage_totals_pkey PRIMARY KEY (program_no, person_id)
) with (fillfactor=70);
comment on table usage_totals is 'What a member has used, counted up to the highest milestone of any rule; beyond it nothing is written.';
comment on column usage_totals.qualifying_at is 'Event time at which usage reached what `qualify` asks for.';
comment on column usage_totals.last_at is 'Known to the day.';

create table visit_claims (
  program_no integer not null,
  email_hash text not null,
  visitor_hash text not null,
  code_key text not null,
  claimed_at timestamp with time zone not null,
  first_click_at timestamp with time zone not null,
  last_click_at timestamp with time zone not null,
  network_hash text,
  id bigint not null generated always as identity,
  first_claimed_at timestamp with time zone not null,
  constraint visit_claims_pkey PRIMARY KEY (program_no, email_hash, visitor_hash, code_key)
);
CREATE INDEX visit_claims_claimed_idx ON public.visit_claims USING btree (program_no, claimed_at);
CREATE UNIQUE INDEX visit_claims_id_key ON public.visit_claims USING btree (program_no, id);
CREATE INDEX visit_claims_network_idx ON public.visit_claims USING btree (program_no, network_hash, claimed_at);
comment on table visit_claims is 'A visitor who had clicked a code sent a form with this address: weak evidence, until a signup names it.';
comment on column visit_claims.email_hash is 'Keyed hash of the hash that the browser sent, which anybody could have made.';
comment on column visit_claims.first_claimed_at is 'What was claimed before the account was made is worth more than what was claimed after.';

create table visits (
  program_no integer not null,
  visitor_hash text not null,
  code_key text not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  link_at timestamp with time zone,
  device_hash text,
  network_hash text,
  constraint visits_pkey PRIMARY KEY (program_no, visitor_hash, code_key)
);
CREATE INDEX visits_clicks_idx ON public.visits USING btree (program_no, code_key, link_at) WHERE (link_at IS NOT NULL);
CREATE INDEX visits_device_idx ON public.visits USING btree (program_no, device_hash, code_key) WHERE (link_at IS NOT NULL);
CREATE INDEX visits_last_idx ON public.visits USING btree (program_no, last_at);
comment on table visits is 'Clicks by visitor and code. Hashes are keyed: neither visitor nor address can be read from them.';
comment on column visits.link_at is 'The last time that the link itself was followed; the page that it leads to tells of the same click.';

CREATE OR REPLACE FUNCTION public.check_appeal()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.state <> 'open' then
    raise exception 'an appeal is decided once' using errcode = 'check_violation';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.check_forfeit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.restored_at is not null then
    raise exception 'a forfeit that was given back stays so' using errcode = 'check_violation';
  end if;
  new.restored_by := case when new.restored_at is not null then pg_current_xact_id() end;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.check_fund()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  posted bigint;
  wanted bigint;
begin
  if tg_table_name = 'fund_payouts' then
    select p.amount into wanted from fund_payouts p where p.program_no = new.program_no and p.id = new.id and p.state = 'confirmed';
    select sum(e.amount) into posted from ledger_transactions t
      join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
     where t.program_no = new.program_no and t.fund_id = new.id and t.kind = 'fund_payout'
       and e.person_id = new.contributor_id and e.account = 'fund_paid' and e.unit = new.unit;
  elsif tg_table_name = 'fund_shares' then
    wanted := nullif(new.amount, 0);
    select sum(e.amount) into posted from ledger_transactions t
      join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
     where t.program_no = new.program_no and t.fund_id = new.id and t.kind = 'fund_share'
       and e.person_id = coalesce(new.contributor_id, 0) and e.account = case when new.contributor_id is null then 'fund_kept' else 'fund_owed' end;
    if not exists (
      select from fund_runs r where r.program_no = new.program_no and r.month = new.month and r.distributed =
        (select sum(s.amount) from fund_shares s where s.program_no = new.program_no and s.month = new.month)) then
      raise exception 'the shares of % are not what its run distributed', new.month using errcode = 'check_violation';
    end if;
  else
    wanted := nullif(new.granted, 0);
    select sum(e.amount) into posted from ledger_transactions t
      join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
     where t.program_no = new.program_no and t.fund_id = new.id and t.kind = 'fund_grant'
       and e.person_id = 0 and e.account = 'fund' and e.unit = new.unit;
    if new.distributed <> (
      select coalesce(sum(s.amount), 0) from fund_shares s where s.program_no = new.program_no and s.month = new.month) then
      raise exception 'the shares of % are not what its run distributed', new.month using errcode = 'check_violation';
    end if;
  end if;
  if posted is distinct from wanted then
    raise exception '% % is of %, and the ledger has %', tg_table_name, new.id, wanted, posted using errcode = 'check_violation';
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.check_reward_identity()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'who earned a reward, by which rule and under which key it was delivered, never changes'
    using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.check_reward_restored()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from forfeits f where f.program_no = old.program_no and f.reward_id = old.id
      and f.restored_by = pg_current_xact_id()) then
    raise exception 'a rejected reward stays rejected' using errcode = 'check_violation';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.check_reward_transition()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from reward_transitions t where t.from_status = old.status and t.to_status = new.status) then
    raise exception 'a % reward cannot become %', old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.check_spend()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.commit_to_note()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.salt := uuid_send(gen_random_uuid());
  new.note_hash := hash_note(new.salt, new.note);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.commit_to_texts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.salt := uuid_send(gen_random_uuid());
  new.texts_hash := hash_texts(new.salt, new.reason, new.before, new.after);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.count_referrals()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into referral_counts as c
    select n.program_no, n.referrer_id, count(*) filter (where n.status = 'pending'), count(*) filter (where n.status = 'completed'),
      count(*) filter (where n.status = 'completed' and n.qualified_at is not null), max(n.created_at)
      from new_referrals n group by n.program_no, n.referrer_id order by 1, 2
    on conflict on constraint referral_counts_pkey do update set pending = c.pending + excluded.pending,
      completed = c.completed + excluded.completed, qualified = c.qualified + excluded.qualified,
      last_at = greatest(c.last_at, excluded.last_at);
  else
    insert into referral_counts as c
    select d.program_no, d.referrer_id, coalesce(sum(d.sign) filter (where d.status = 'pending'), 0),
      coalesce(sum(d.sign) filter (where d.status = 'completed'), 0),
      coalesce(sum(d.sign) filter (where d.status = 'completed' and d.qualified_at is not null), 0), max(d.created_at)
      from (select 1 as sign, n.* from new_referrals n union all select -1, o.* from old_referrals o) d
      group by d.program_no, d.referrer_id order by 1, 2
    on conflict on constraint referral_counts_pkey do update set pending = c.pending + excluded.pending,
      completed = c.completed + excluded.completed, qualified = c.qualified + excluded.qualified,
      last_at = greatest(c.last_at, excluded.last_at);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_rewards()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into reward_days as d
    select c.program_no, c.person_id, c.unit, c.day, sum(c.earned), sum(c.pending)
      from new_rewards n, reward_counts(n, 1) c
     group by c.program_no, c.person_id, c.unit, c.day having sum(c.earned) <> 0 or sum(c.pending) <> 0
    on conflict on constraint reward_days_pkey do update set earned = d.earned + excluded.earned, pending = d.pending + excluded.pending;
  elsif tg_op = 'UPDATE' then
    insert into reward_days as d
    select c.program_no, c.person_id, c.unit, c.day, sum(c.earned), sum(c.pending)
      from (select k.* from new_rewards n, reward_counts(n, 1) k union all select k.* from old_rewards o, reward_counts(o, -1) k) c
     group by c.program_no, c.person_id, c.unit, c.day having sum(c.earned) <> 0 or sum(c.pending) <> 0
    on conflict on constraint reward_days_pkey do update set earned = d.earned + excluded.earned, pending = d.pending + excluded.pending;
  else
    insert into reward_days as d
    select c.program_no, c.person_id, c.unit, c.day, sum(c.earned), sum(c.pending)
      from old_rewards o, reward_counts(o, -1) c
     group by c.program_no, c.person_id, c.unit, c.day having sum(c.earned) <> 0 or sum(c.pending) <> 0
    on conflict on constraint reward_days_pkey do update set earned = d.earned + excluded.earned, pending = d.pending + excluded.pending;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.erase_login()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from logins l where l.program_no = old.program_no and l.person_id = old.person_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.erase_words()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
begin
  update suspensions s set detail = null where s.program_no = old.program_no and s.person_id = old.person_id and s.detail is not null;
  update appeals a set message = null, note = null where a.program_no = old.program_no and a.person_id = old.person_id;
  update reports r set message = null where r.program_no = old.program_no and r.person_id = old.person_id and r.message is not null;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.hash_note(salt bytea, note text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
RETURN sha256((salt || convert_to(note, 'UTF8'::name)));

CREATE OR REPLACE FUNCTION public.hash_texts(salt bytea, reason text, before json, after json)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
RETURN sha256((salt || convert_to((jsonb_build_array(reason, (before)::text, (after)::text))::text, 'UTF8'::name)));

CREATE OR REPLACE FUNCTION public.hide_codes(of_program integer, shown text[], hidden text[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
declare
  each record;
begin
  for each in select u.was, u.hidden from unnest(shown, hidden) as u(was, hidden) loop
    if each.hidden !~ '^erased\.[0-9a-f]{24}$' or not exists (
        select from codes c join persons p on p.program_no = c.program_no and p.id = c.person_id
         where c.program_no = of_program and c.code_key = each.was and c.revoked_at is not null and p.erased_at is not null) then
      raise exception 'only the code of somebody who is erased can be hidden' using errcode = 'insufficient_privilege';
    end if;
  end loop;
  update claims t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update reports t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update referrals t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update domain_uses t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update code_aliases t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update provider_codes t set code_key = h.hidden, reason = null from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update codes t set code_key = h.hidden, code = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
end $function$;

CREATE OR REPLACE FUNCTION public.hide_words(of_program integer, words text, hidden text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
begin
  if hidden !~ '^erased\.[0-9a-f]{24}$' or not exists (select from codes c where c.program_no = of_program and c.code_key = hidden) then
    raise exception 'only the code of somebody who is erased can be hidden' using errcode = 'insufficient_privilege';
  end if;
  update suspensions t set detail = regexp_replace(t.detail, words, hidden, 'gi'),
      evidence = regexp_replace(t.evidence::text, words, hidden, 'gi')::json
   where t.program_no = of_program and (t.detail ~* words or t.evidence::text ~* words);
  update reports t set message = regexp_replace(t.message, words, hidden, 'gi')
   where t.program_no = of_program and t.message ~* words;
  update appeals t set message = regexp_replace(t.message, words, hidden, 'gi'), note = regexp_replace(t.note, words, hidden, 'gi')
   where t.program_no = of_program and (t.message ~* words or t.note ~* words);
end $function$;

CREATE OR REPLACE FUNCTION public.hold_seal_off()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock_shared(728347, 0);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.open_lots(of_program integer, of_person bigint, of_unit text, wanted bigint, at timestamp with time zone, besides bigint[])
 RETURNS SETOF lots
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.post_entries()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
declare
  fault text;
begin
  select case
      when bool_or(t.xid is distinct from pg_current_xact_id()) then 'entries belong to a ledger transaction of the same database transaction'
      when bool_or(e.unbalanced) then 'ledger transaction ' || min(e.transaction_id) filter (where e.unbalanced) || ' does not sum to zero'
      when bool_or(t.kind <> 'join' and e.first_person <> e.last_person) then 'a ledger transaction touches one person only' end
    into fault
    from (
      select u.program_no, u.transaction_id, bool_or(u.sum <> 0) as unbalanced, min(u.first_person) as first_person, max(u.last_person) as last_person
        from (select n.program_no, n.transaction_id, sum(n.amount) as sum,
            min(n.person_id) filter (where n.person_id > 0) as first_person, max(n.person_id) filter (where n.person_id > 0) as last_person
          from new_entries n group by n.program_no, n.transaction_id, n.unit) u
       group by u.program_no, u.transaction_id) e
    left join ledger_transactions t on t.program_no = e.program_no and t.id = e.transaction_id;
  if fault is not null then
    raise exception '%', fault using errcode = 'check_violation';
  end if;
  -- Not an upsert: its CHECK would be asked about the difference before the conflict is seen.
  with changed as (
    select e.program_no, e.person_id, e.account, e.unit, sum(e.amount)::bigint as amount
    from new_entries e group by e.program_no, e.person_id, e.account, e.unit),
  updated as (
    update balances b set balance = b.balance + c.amount from changed c
    where b.program_no = c.program_no and b.person_id = c.person_id and b.account = c.account and b.unit = c.unit
    returning b.program_no, b.person_id, b.account, b.unit)
  insert into balances (program_no, person_id, account, unit, balance)
  select c.program_no, c.person_id, c.account, c.unit, c.amount from changed c
  where (c.program_no, c.person_id, c.account, c.unit) not in (select u.program_no, u.person_id, u.account, u.unit from updated u);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_identity_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'an address that was proved stays its contributor''s' using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_payout_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a settled payout, and what a payout is for, never change' using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_reward_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'reward % has a history in the ledger', old.id using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_spend_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a spend is made void once, and nothing else of it changes' using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.reward_counts(r rewards, sign integer)
 RETURNS TABLE(program_no integer, person_id bigint, unit text, day date, earned bigint, pending bigint)
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select r.program_no, r.person_id, r.unit, (coalesce(r.credited_at, r.created_at) at time zone 'UTC')::date,
    case when r.status = 'credited' or (r.status = 'pending' and r.reason = 'vesting')
      then sign * (r.amount - r.reversed_amount - r.forfeited_amount) else 0 end,
    case when r.status = 'pending' then sign * (r.amount - r.reversed_amount - r.forfeited_amount) else 0 end
$function$;
