/**
 * What signups of a batch may have been seen by before they signed up: clicks of the visitor, claims of the address.
 * Promises: asks nothing where no event tells of a signup; the codes found are loaded with those that events name. Must
 * never: read all that somebody made up for one visitor or address: the latest few count.
 */
import type { VisitPlace } from '../model/visits.ts';
import type { Keys } from './keys.ts';
import { fetch, type Loader, rows } from './loader.sql.ts';
import * as tables from './tables.sql.ts';

const LATEST = 'order by t.last_at desc limit 20';
const LATEST_CLAIMS = 'order by t.claimed_at desc limit 20';

export async function loadVisits(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const visitors = new Set(keys.visitors.flatMap(({ visitorHash }) => visitorHash ?? []));
  const addresses = new Set(keys.visitors.flatMap(({ claimHash }) => claimHash ?? []));
  await Promise.all([
    fetch(load, world.visits, tables.VISITS, { by: ['visitorHash'], keys: [[...visitors]], more: LATEST }),
    fetch(load, world.visitClaims, tables.VISIT_CLAIMS, {
      by: ['emailHash'],
      keys: [[...addresses]],
      more: LATEST_CLAIMS,
    }),
  ]);
  for (const { alias, visitorHash, claimHash } of keys.visitors) {
    const clicked = visitorHash === null ? [] : world.visits.by('visitor', visitorHash);
    const claimed = claimHash === null ? [] : world.visitClaims.by('email', claimHash);
    for (const { codeKey } of [...clicked, ...claimed]) {
      keys.codeKeys.add(codeKey);
      keys.signups.get(alias)?.codeKeys.add(codeKey);
    }
  }
  await loadPlaces(load);
}

/** How many addresses were told of from the same network within a day. */
async function loadPlaces(load: Loader): Promise<void> {
  const told = Array.from(load.world.visitClaims.all()).filter(({ networkHash }) => networkHash !== null);
  if (told.length === 0) return;
  const text = `select k.network_hash as "networkHash", k.claimed_at as "claimedAt", f.addresses
      from (select distinct network_hash, claimed_at from unnest($2::text[], $3::timestamptz[]) as v(network_hash, claimed_at)) k
      cross join lateral (
        select count(distinct t.email_hash)::int as addresses from visit_claims t
         where t.program_no = $1 and t.network_hash = k.network_hash
           and t.claimed_at > k.claimed_at - interval '1 day' and t.claimed_at < k.claimed_at + interval '1 day' offset 0) f`;
  const networks = told.map(({ networkHash }) => networkHash);
  const times = told.map(({ claimedAt }) => claimedAt);
  for (const row of await rows(load, 'load visit places', text, [networks, times])) {
    load.world.visitPlaces.load(row as unknown as VisitPlace);
  }
}
