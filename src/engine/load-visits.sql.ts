/**
 * What signups of a batch may have been seen by before they signed up: clicks of the visitor, claims of the address.
 * Promises: asks nothing where no event tells of a signup; the codes found are loaded with those that events name. Must
 * never: read all that somebody made up for one visitor or address: the latest few count.
 */

import type { VisitPlace } from '../model/visits.ts';
import { aliasKey } from '../model/world.ts';
import type { Keys } from './keys.ts';
import { fetch, type Loader, personIds, rows } from './loader.sql.ts';
import * as tables from './tables.sql.ts';
import * as visits from './tables-visits.sql.ts';

const LATEST = 'order by t.last_at desc limit 20';
const SHARERS = 'and t.merged_into is null and t.erased_at is null order by t.id limit 20';
const TOLD_LATEST = 'order by t.id desc limit 100';
const LATEST_CLAIMS = 'order by t.claimed_at desc limit 20';

export async function loadVisits(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  await loadClaimed(load, keys);
  const visitors = new Set(keys.visitors.flatMap(({ visitorHash }) => visitorHash ?? []));
  const addresses = new Set(keys.visitors.flatMap(({ claimHash }) => claimHash ?? []));
  await Promise.all([
    fetch(load, world.visits, visits.VISITS, { by: ['visitorHash'], keys: [[...visitors]], more: LATEST }),
    fetch(load, world.visitClaims, visits.VISIT_CLAIMS, {
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

/** Who has the address that a browser told of: from here on they are people about whom something was told. */
async function loadClaimed(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const by = { by: ['id'], keys: [[...keys.visitClaims]] };
  const claims = await fetch(load, world.visitClaims, visits.VISIT_CLAIMS, by);
  const theirs = { by: ['claimHash'], keys: [Array.from(new Set(claims.map(({ emailHash }) => emailHash)))] };
  const people = await fetch(load, world.persons, tables.PERSONS, { ...theirs, more: SHARERS });
  if (people.length === 0) return;
  const members = people.map(({ memberId }) => memberId);
  const named = { by: ['kind', 'value'], keys: [members.map(() => 'member'), members] };
  const seen = { by: ['personId'], keys: [people.map(({ id }) => id)] };
  const [, facts] = await Promise.all([
    fetch(load, world.aliases, tables.PERSON_ALIASES, named),
    fetch(load, world.facts, tables.PERSON_FACTS, seen),
  ]);
  for (const { kind, valueHash } of facts) if (kind === 'ip') keys.ipHashes.add(valueHash);
  for (const { memberId, claimHash, domainHash } of people) {
    const alias = aliasKey('member', memberId);
    keys.people.add(alias);
    keys.visitors.push({ alias, visitorHash: null, claimHash });
    const domainHashes = new Set(domainHash === null ? [] : [domainHash]);
    keys.signups.set(alias, keys.signups.get(alias) ?? { codeKeys: new Set(), domainHashes });
  }
}

/** What else named a code to those whom a claim names, now that it is known who they are. */
export async function loadToldBefore(load: Loader, keys: Keys): Promise<void> {
  const claimed = keys.visitors.filter(({ claimHash }) => {
    return claimHash !== null && load.world.visitClaims.by('email', claimHash).length > 0;
  });
  const people = personIds(
    load.world,
    claimed.map(({ alias }) => alias),
  );
  await fetch(load, load.world.claims, tables.CLAIMS, { by: ['personId'], keys: [people], more: TOLD_LATEST });
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
