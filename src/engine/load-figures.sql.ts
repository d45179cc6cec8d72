/**
 * What signals count of a whole referrer: referees that never qualified, that only used credit, what was refunded; and
 * who stands above whom.
 * Promises: counted only for programs whose file names such a signal, when something happens that it is asked of, and
 * of the newest few hundred; what the world holds already is left out.
 */
import { needsOf } from '../fraud/needs.ts';
import type { ClickFigures, ReferrerFigures } from '../model/figures.ts';
import type { Keys } from './keys.ts';
import { fetchById, type Loader, rows } from './loader.sql.ts';
import * as tables from './tables.sql.ts';

/** So many of somebody's referrals or shares say enough about them. */
const NEWEST = 300;
/** Of a link that goes around the world the newest clicks tell as much as all. */
const NEWEST_CLICKS = 10_000;

export async function loadFigures(load: Loader, keys: Keys): Promise<void> {
  const { world, ctx } = load;
  const { figures, chain, clicksWithinMs } = needsOf(ctx.loaded.program);
  const owners = Array.from(world.codes.all(), (code) => code.personId);
  if (chain > 0) await loadChains(load, owners, chain);
  if (clicksWithinMs > 0 && keys.signups.size > 0) await loadClicks(load, clicksWithinMs);
  if (!figures) return;
  const above = Array.from(world.referrals.all(), (referral) => referral.referrerId);
  const people = [...new Set([...owners, ...above])];
  const isAsked = keys.people.size + keys.refereeIds.size + keys.deductions.size + keys.paidAt.size > 0;
  if (!isAsked || people.length === 0) return;
  const referees = Array.from(world.referrals.all(), (referral) => referral.refereeId);
  const rewards = Array.from(world.rewards.all(), (reward) => reward.id);
  const since = (ms: number | undefined) => new Date(ctx.now.getTime() - (ms ?? 0));
  const values = [people, referees, rewards, since(figures.consumersAfterMs), since(figures.refundsWithinMs)];
  for (const row of await rows(load, 'load referrer figures', FIGURES, values)) {
    const { person_id: personId, qualified, unqualified, consumers, paying, payments, earned, reversed } = row;
    world.referrerFigures.load({
      ...{ personId, qualified, unqualified, consumers, paying, payments, earned, reversed },
    } as ReferrerFigures);
  }
}

/** Of those whose codes are at hand; a code nobody clicked has no row in the answer. */
async function loadClicks(load: Loader, withinMs: number): Promise<void> {
  const codes = Array.from(load.world.codes.all(), (code) => code.codeKey);
  if (codes.length === 0) return;
  const since = new Date(load.ctx.now.getTime() - withinMs);
  const text = `select c.person_id, count(v.link_at)::int as clicks, count(distinct v.network_hash)::int as networks
      from unnest($2::text[]) as k(code_key)
      join codes c on c.program_no = $1 and c.code_key = k.code_key
     cross join lateral (select v.link_at, v.network_hash from visits v
        where v.program_no = $1 and v.code_key = k.code_key and v.link_at is not null and v.link_at > $3
        order by v.link_at desc limit ${NEWEST_CLICKS}) v
     group by c.person_id`;
  for (const row of await rows(load, 'load click figures', text, [codes, since])) {
    const { person_id: personId, clicks, networks } = row;
    load.world.clickFigures.load({ personId, clicks, networks } as ClickFigures);
  }
}

/** Whoever referred the referrers, and so on upwards. */
async function loadChains(load: Loader, owners: readonly bigint[], hops: number): Promise<void> {
  if (owners.length === 0) return;
  const text = `with recursive chain(person_id, hops) as (
      select p.id, 1 from unnest($2::bigint[]) as p(id)
      union all select r.referrer_id, c.hops + 1 from chain c
        join referrals r on r.program_no = $1 and r.referee_id = c.person_id where c.hops < $3)
    select distinct person_id from chain`;
  const found = await rows(load, 'load chains of referrers', text, [owners, hops]);
  const ids = found.map((row) => row.person_id as bigint);
  await fetchById(load, load.world.referrals, tables.REFERRALS, ids);
}

/** $2 referrers, $3 referees and $4 rewards in the world, $5 completed before, $6 shares since. */
const FIGURES = `
  select p.id as person_id, q.*, c.*, s.* from unnest($2::bigint[]) as p(id)
   cross join lateral (
     select count(*) filter (where n.qualified_at is not null)::int as qualified,
            count(*) filter (where n.qualified_at is null and n.reason = 'not_qualified')::int as unqualified
       from (select r.qualified_at, r.reason from referrals r
              where r.program_no = $1 and r.referrer_id = p.id and r.status = 'completed' and r.referee_id <> all($3::bigint[])
              order by r.created_at desc, r.id desc limit ${NEWEST} offset 0) n) q
   cross join lateral (
     select count(*)::int as consumers, count(*) filter (where exists (
              select from payments y where y.program_no = $1 and y.person_id = n.referee_id and y.gross > 0))::int as paying
       from (select r.referee_id from referrals r
              where r.program_no = $1 and r.referrer_id = p.id and r.status = 'completed' and r.completed_at < $5 and r.referee_id <> all($3::bigint[])
              order by r.created_at desc, r.id desc limit ${NEWEST} offset 0) n
      where exists (select from spends x where x.program_no = $1 and x.person_id = n.referee_id and x.voided_at is null)) c
   cross join lateral (
     select count(*)::int as payments, coalesce(sum(n.amount), 0)::bigint as earned, coalesce(sum(n.reversed_amount), 0)::bigint as reversed
       from (select w.amount, w.reversed_amount from rewards w
              where w.program_no = $1 and w.person_id = p.id and w.payment_id is not null and w.status <> 'rejected'
                and w.created_at >= $6 and w.id <> all($4::bigint[])
              order by w.created_at desc, w.id desc limit ${NEWEST} offset 0) n) s`;
