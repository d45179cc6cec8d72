-- Since when a sink is left alone, and what it said last, for whoever looks at the health of the service.

alter table sink_breakers add column opened_at timestamptz;
alter table sink_breakers add column last_error text;
comment on column sink_breakers.last_error is 'In a word, as in the delivery''s last attempt; gone when the sink answers again.';
