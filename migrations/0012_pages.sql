-- Mails that members may choose: what is new, and the month in one page.

create table mail_periods (
  program_no integer not null,
  kind text not null,
  period text not null,
  done_at timestamptz not null,
  primary key (program_no, kind, period),
  constraint mail_periods_kind_check check (kind in ('news', 'summary'))
);
comment on table mail_periods is 'Days and months whose mails are planned, all of them; half done ones are begun again, and mails_key keeps each one.';

create table mail_refusals (
  program_no integer not null,
  person_id bigint not null,
  kind text not null,
  primary key (program_no, person_id, kind),
  constraint mail_refusals_kind_check check (kind in ('news', 'summary'))
);
comment on table mail_refusals is 'Which of these mails a member does not want; none: they get what the program sends.';
