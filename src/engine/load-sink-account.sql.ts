/**
 * What waits for a customer at the sink: read for the event that says there is one, and for no other.
 */
import type { Keys } from './keys.ts';
import { type Loader, rows } from './loader.sql.ts';
import { PAGE } from './sink-account.ts';

const WAITING = `select id from unnest($2::bigint[]) as p(person_id) cross join lateral (
    select r.id from rewards r where r.program_no = $1 and r.person_id = p.person_id
      and r.status = 'pending' and r.reason = 'no_account'
    order by r.created_at, r.id limit ${PAGE} offset 0) r`;

export async function loadSinkAccount(load: Loader, { accountIds, rewardIds }: Keys): Promise<void> {
  if (accountIds.size === 0) return;
  for (const row of await rows(load, 'load rewards without an account', WAITING, [[...accountIds]]))
    rewardIds.add(row.id as bigint);
}
