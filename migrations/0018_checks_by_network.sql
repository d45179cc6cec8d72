-- How often a process died over one event: a single death says nothing of the event.

alter table batches_in_flight add column deaths smallint not null default 0;
comment on column batches_in_flight.deaths is 'Processes that have died over this batch, which is one event; at three it is parked.';
