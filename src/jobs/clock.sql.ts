/**
 * The test clock's one row. ISO texts of one form compare as times do. Must never: move it back.
 */
export const READ_CLOCK = `select value from settings where key = 'test_clock_now'`;

export const SET_CLOCK = `insert into settings as s (key, value) values ('test_clock_now', $1)
  on conflict (key) do update set value = excluded.value where s.value <= excluded.value`;

/** A database belongs to the test clock from its creation, or never. */
export const CLAIM_FOR_TEST_CLOCK = `insert into settings (key, value)
  select 'created_under_test_clock', $1 where not exists (select from programs)
  on conflict (key) do nothing`;

export const IS_UNDER_TEST_CLOCK = `select value from settings where key = 'created_under_test_clock'`;
