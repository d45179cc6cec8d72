-- What an event caused is asked by its id, and both tables are written in the order of the events: a summary of each
-- range of pages finds it. Such an index costs a webhook nothing that can be measured; a B-tree would be one more entry
-- for each row.
create index reward_history_cause_idx on reward_history using brin (cause_id) with (autosummarize = on);
create index ledger_transactions_cause_idx on ledger_transactions using brin (cause_id) with (autosummarize = on);
create index deliveries_cause_idx on deliveries using brin (cause_id) with (autosummarize = on);
