/**
 * Organizations that become known only after a referral: an identity provider tells of the user first and of the
 * membership later.
 * Promises: two members of one organization never refer each other, whichever was told first. Must never: undo a
 * referral because somebody changes organizations; they were no colleagues when it was made.
 */
import type { Finding, Person, Referral } from '../model/records.ts';
import type { World } from '../model/world.ts';

export const SAME_ORGANIZATION = 'same_organization';

/** `is` belongs to an organization that `was` was not known to belong to: which of their referrals end, as void. */
export function colleagues(world: World, was: Person | undefined, is: Person): Referral[] {
  if (!was || was.orgId !== null || is.orgId === null) return [];
  const own = world.referrals.get(is.id);
  const all = own ? [own, ...world.referrals.by('referrer', is.id)] : world.referrals.by('referrer', is.id);
  const asked: Finding = { asked: 'organization', saw: { told: 'after the referral' }, said: SAME_ORGANIZATION };
  return all
    .filter(({ status, refereeId, referrerId }) => {
      const other = world.persons.get(refereeId === is.id ? referrerId : refereeId);
      return status !== 'void' && other?.orgId === is.orgId;
    })
    .map((each) => ({ ...each, status: 'void', reason: SAME_ORGANIZATION, evidence: [...each.evidence, asked] }));
}
