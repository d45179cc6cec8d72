/**
 * What is known of e-mail domains, and who waits for it.
 * Promises: nothing is read for a program whose file names no signal that needs it.
 */
import { needsOf } from '../fraud/needs.ts';
import type { Keys } from './keys.ts';
import { fetch, type Loader, rows } from './loader.sql.ts';
import { PERSON_FACTS } from './tables.sql.ts';
import { DOMAIN_CHECKS, NETWORK_CHECKS } from './tables-checks.sql.ts';

export async function loadWaiting(load: Loader, keys: Keys): Promise<void> {
  await loadWaitingForNetworks(load, keys);
  if (keys.domainHashes.size === 0) return;
  const text = `select r.referee_id from referrals r
     join persons p on p.program_no = r.program_no and p.id = r.referee_id
    where r.program_no = $1 and r.flags @> array['check_unavailable'] and p.domain_hash = any($2::text[])`;
  for (const row of await rows(load, 'load unchecked referrals', text, [[...keys.domainHashes]])) {
    keys.refereeIds.add(row.referee_id as bigint);
    keys.holding.add(row.referee_id as bigint);
  }
}

async function loadWaitingForNetworks(load: Loader, keys: Keys): Promise<void> {
  if (keys.networkHashes.size === 0) return;
  const text = `select r.referee_id from referrals r
     join person_facts f on f.program_no = r.program_no and f.person_id = r.referee_id
    where r.program_no = $1 and r.flags @> array['check_unavailable'] and f.kind = 'ip' and f.value_hash = any($2::text[])`;
  for (const row of await rows(load, 'load unlocated referrals', text, [[...keys.networkHashes]])) {
    keys.refereeIds.add(row.referee_id as bigint);
    keys.holding.add(row.referee_id as bigint);
  }
}

/** Payments of referees whose pending rewards are looked at. */
export async function undecidedPayments(load: Loader, keys: Keys): Promise<bigint[]> {
  if (keys.holding.size === 0) return [];
  const text = `select r.payment_id from unnest($2::bigint[]) as p(id) cross join lateral (
    select w.payment_id from rewards w where w.program_no = $1 and w.referee_id = p.id and w.payment_id is not null
      and w.status = 'pending' offset 0) r`;
  const found = await rows(load, 'load undecided payments', text, [[...keys.holding]]);
  return found.map((row) => row.payment_id as bigint);
}

export async function loadDomainChecks(load: Loader, keys: Keys): Promise<void> {
  const { world, ctx } = load;
  if (!needsOf(ctx.loaded.program).domains) return;
  const hashes = new Set(keys.domainHashes);
  for (const { domainHashes } of keys.signups.values()) for (const hash of domainHashes) hashes.add(hash);
  for (const { domainHash } of world.persons.all()) if (domainHash !== null) hashes.add(domainHash);
  await fetch(load, world.domainChecks, DOMAIN_CHECKS, { by: ['domainHash'], keys: [[...hashes]] });
}

/** Behind the facts of the people at hand. */
export async function loadNetworkChecks(load: Loader, keys: Keys): Promise<void> {
  const { world, ctx } = load;
  if (!needsOf(ctx.loaded.program).networks) return;
  const waiting = keys.networkHashes.size === 0 ? [] : [...keys.holding];
  await fetch(load, world.facts, PERSON_FACTS, { by: ['personId'], keys: [waiting] });
  const hashes = new Set([...keys.networkHashes, ...keys.ipHashes]);
  for (const { kind, valueHash } of world.facts.all()) if (kind === 'ip') hashes.add(valueHash);
  await fetch(load, world.networkChecks, NETWORK_CHECKS, { by: ['ipHash'], keys: [[...hashes]] });
}
