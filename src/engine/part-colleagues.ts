/**
 * Somebody's organization became known: what colleagues referred or paid under such a referral is looked at again.
 * Promises: it ends like a self-referral; what was earned by it is taken back. Must never: run without the payments of
 * those referees at hand.
 */
import { colleagues } from '../attribution/organizations.ts';
import type { Payment, Person } from '../model/records.ts';
import type { World } from '../model/world.ts';

export function partColleagues(
  world: World,
  was: Person | undefined,
  is: Person,
): { readonly payments: readonly Payment[]; readonly people: readonly bigint[] } {
  const ended = colleagues(world, was, is);
  for (const referral of ended) world.referrals.put(referral);
  const people = ended.map(({ refereeId }) => refereeId);
  return { payments: people.flatMap((id) => world.payments.by('person', id)), people };
}
