-- Mail: what is to be sent, and who wants none.

create table mails (
  program_no integer not null,
  id bigint generated always as identity,
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
  next_try_at timestamptz,
  lease_until timestamptz,
  created_at timestamptz not null,
  sent_at timestamptz,
  primary key (program_no, id),
  constraint mails_key unique (program_no, mail_key),
  constraint mails_state_check check (state in ('planned', 'sending', 'sent', 'failed', 'cancelled')),
  constraint mails_content_check check (
    (subject is not null) = (state in ('planned', 'sending')) and (text is null) = (subject is null) and (html is null) = (subject is null)),
  constraint mails_recipient_check check (recipient is not null or state not in ('planned', 'sending')),
  constraint mails_due_check check ((next_try_at is not null) = (state = 'planned') and (lease_until is not null) = (state = 'sending')),
  constraint mails_sent_check check ((sent_at is not null) = (state = 'sent'))
);
comment on table mails is 'Written once, sent at least once: a try whose outcome is unknown is repeated under the same message_id.';
comment on column mails.mail_key is 'What the mail is for, which is mailed once: invitation:<recipient_hash>.';
comment on column mails.person_id is 'Who has it sent, or whom it is about.';
comment on column mails.recipient_hash is 'Keyed hash of the address as matched, as persons.email_hash.';
comment on column mails.recipient is 'The address, encrypted under a key derived from a salt beside it.';
comment on column mails.subject is 'Frozen with text and html when it was planned; gone as soon as it is not needed any more.';
comment on column mails.reason is 'Why it failed or was cancelled; never the words of a mail server, which quote addresses.';
comment on column mails.attempts is 'Counted at the claim: a result is written only by the try that still holds the mail.';
create index mails_due_idx on mails (program_no, next_try_at, id) where next_try_at is not null;
create index mails_lease_idx on mails (program_no, lease_until) where lease_until is not null;
create index mails_person_idx on mails (program_no, person_id, created_at, id);
create index mails_state_idx on mails (program_no, state);

create table mail_suppressions (
  program_no integer not null,
  recipient_hash text not null,
  created_at timestamptz not null,
  primary key (program_no, recipient_hash)
);
comment on table mail_suppressions is 'Who unsubscribed: keyed hashes, kept for ever, also when the person is erased.';
