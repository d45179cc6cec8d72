/**
 * What the rules for referrals need beside the people and their payments: the rewards of a referral itself, counts,
 * tiers, caps, usage, and who came first from a domain.
 * Promises: reads only what the program's own rules ask for. Must never: leave out a referee's rewards while the fold
 * may evaluate them: a second one would be made, and the database would refuse the batch.
 */

import { isPastNeeds, usageNeeds } from '../accounts/usage.ts';
import type { Allowance, Reward } from '../model/records.ts';
import { monthOf } from '../model/tiers.ts';
import type { OpenDelivery, SourceType } from '../model/world.ts';
import { referralRules } from '../rewards/referral.ts';
import { settlementAfter } from '../rewards/waits.ts';
import type { Keys } from './keys.ts';
import { fetch, type Loader, personIds, rows } from './loader.sql.ts';
import * as tables from './tables.sql.ts';
import { selectAllSql } from './tables.sql.ts';

export async function loadRules(load: Loader, keys: Keys): Promise<void> {
  const { program } = load.ctx.loaded;
  const referrers = new Set(Array.from(load.world.referrals.all(), (referral) => referral.referrerId));
  for (const code of load.world.codes.all()) referrers.add(code.personId);
  await Promise.all([
    referralRules(program).length > 0 ? loadReferralRewards(load) : undefined,
    program.tiers.length > 0 ? loadTiers(load, keys, [...referrers]) : undefined,
    loadAllowances(load),
    loadUsage(load, keys),
    program.limits.onePerEmailDomain ? loadDomainUses(load, keys) : undefined,
  ]);
}

async function loadReferralRewards(load: Loader): Promise<void> {
  const { world } = load;
  const referees = Array.from(world.referrals.all(), (referral) => referral.refereeId);
  const by = { by: ['refereeId'], keys: [referees], more: 'and t.payment_id is null' };
  await loadPartsOf(load, await fetch(load, world.rewards, tables.REWARDS, by));
}

/** Lots, debts and open deliveries of these rewards. */
export async function loadPartsOf(load: Loader, rewards: readonly Reward[]): Promise<void> {
  const { world } = load;
  if (rewards.length === 0) return;
  const ids = rewards.map((reward) => reward.id);
  await Promise.all([
    fetch(load, world.lots, tables.LOTS, { by: ['rewardId'], keys: [ids] }),
    fetch(load, world.debts, tables.DEBTS, { by: ['rewardId'], keys: [ids] }),
  ]);
  const open = rewards.map((reward) => reward.inFlight).filter((id) => id !== null);
  if (open.length === 0) return;
  const text = `select id, reward_id, kind, amount, state, coalesce(next_try_at = 'epoch', false) as try_now from deliveries
      where program_no = $1 and id = any($2::bigint[]) order by id for update`;
  for (const row of await rows(load, 'load open deliveries', text, [open])) {
    const { id, reward_id: rewardId, kind, amount, state, try_now: tryNow } = row;
    world.openDeliveries.load({ id, rewardId, kind, amount, state, tryNow } as OpenDelivery);
  }
}

async function loadTiers(load: Loader, keys: Keys, referrers: readonly bigint[]): Promise<void> {
  const { world } = load;
  const { tiersBy } = load.ctx.loaded.program;
  const months = new Set([monthOf(load.ctx.now), ...Array.from(keys.paidAt, (at) => monthOf(new Date(at)))]);
  for (const payment of world.payments.all()) if (payment.paidAt) months.add(monthOf(payment.paidAt));
  const people = [...new Set([...referrers, ...Array.from(world.persons.all(), (person) => person.id)])];
  await Promise.all([
    fetch(load, world.referralCounts, tables.REFERRAL_COUNTS, { by: ['personId'], keys: [referrers] }),
    fetch(load, world.tierChanges, tables.TIER_CHANGES, { by: ['personId'], keys: [people] }),
    tiersBy === 'monthly_volume' ? loadVolumes(load, people, [...months]) : undefined,
  ]);
}

async function loadVolumes(load: Loader, people: readonly bigint[], months: readonly string[]): Promise<void> {
  const more = 'and t.month = any($3::text[])';
  await fetch(load, load.world.monthVolumes, tables.MONTH_VOLUMES, {
    by: ['personId'],
    keys: [people],
    more,
    values: [months],
  });
}

/** The first of each month that is closed: who came to the same number first stands first; at last the elder member. */
export async function loadStandings(load: Loader, keys: Keys): Promise<void> {
  const top = Math.max(0, ...load.ctx.loaded.program.rules.map((rule) => (rule.when === 'rank' ? rule.top : 0)));
  const text = `select m.person_id, m.signups from (
      select r.referrer_id as person_id, count(*)::int as signups, max(r.completed_at) as last_at from referrals r
       where r.program_no = $1 and r.status = 'completed' and not r.held and r.completed_at >= $2 and r.completed_at < $3
       group by r.referrer_id) m
    join persons p on p.program_no = $1 and p.id = m.person_id
   where p.deleted_at is null and p.suspended_at is null order by m.signups desc, m.last_at, m.person_id limit $4`;
  for (const month of keys.months) {
    const from = new Date(`${month}-01T00:00:00Z`);
    const to = settlementAfter(from);
    for (const [index, row] of (await rows(load, 'load standings', text, [from, to, top])).entries()) {
      const { person_id: personId, signups } = row as { person_id: bigint; signups: number };
      load.world.standings.load({ month, rank: index + 1, personId, signups });
    }
  }
}

/** What lifetime caps have allowed so far, for everybody at hand. */
async function loadAllowances(load: Loader): Promise<void> {
  const { world } = load;
  const capped = load.ctx.loaded.program.rules.filter((rule) => rule.lifetimeCap !== undefined).map(({ name }) => name);
  const people = Array.from(world.persons.all(), (person) => person.id);
  if (capped.length === 0 || people.length === 0) return;
  const text = `select k.person_id, k.rule, a.used from unnest($2::bigint[]) as p(person_id)
    cross join unnest($3::text[]) as r(rule) cross join lateral (select p.person_id, r.rule) k
    cross join lateral (select coalesce(sum(t.allowance), 0)::bigint as used from rewards t
      where t.program_no = $1 and t.person_id = k.person_id and t.rule = k.rule and t.allowance is not null
        and (t.status <> 'rejected' or t.forfeited_amount > 0)
      offset 0) a`;
  for (const { person_id: personId, rule, used } of await rows(load, 'load allowances', text, [people, capped]))
    world.allowances.load({ personId, rule, used } as Allowance);
}

/** Totals of everybody told about or told to use the product; single uses only where one may still count. */
async function loadUsage(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const needs = usageNeeds(load.ctx.loaded.program);
  if (keys.users.size === 0 && needs.any + needs.billable === 0n && !needs.qualify) return;
  const people = new Set([...personIds(world, keys.users.keys()), ...personIds(world, keys.people)]);
  for (const referral of world.referrals.all()) people.add(referral.refereeId);
  await fetch(load, world.usageTotals, tables.USAGE_TOTALS, { by: ['personId'], keys: [[...people]] });
  const counting = Array.from(keys.users).flatMap(([alias, earliest]) => {
    const id = world.aliases.get(alias)?.personId;
    const at = new Date(Number.isFinite(earliest) ? earliest : load.ctx.now);
    return id === undefined || isPastNeeds(world.usageTotals.get(id), needs, at) ? [] : [id];
  });
  const joining = personIds(
    world,
    keys.ties.map((tie) => tie.customer),
  );
  await fetch(load, world.usageEvents, tables.USAGE_EVENTS, { by: ['personId'], keys: [[...counting, ...joining]] });
}

async function loadDomainUses(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const pairs = new Map<string, readonly [string, string]>();
  for (const [alias, signup] of keys.signups) {
    const personId = world.aliases.get(alias)?.personId;
    const referral = personId === undefined ? undefined : world.referrals.get(personId);
    const known = personId === undefined ? undefined : world.persons.get(personId)?.domainHash;
    const codes = referral ? [...signup.codeKeys, referral.codeKey] : [...signup.codeKeys];
    const domains = known ? [...signup.domainHashes, known] : [...signup.domainHashes];
    for (const code of codes) for (const domain of domains) pairs.set(`${code}\n${domain}`, [code, domain]);
  }
  const columns = [Array.from(pairs.values(), ([code]) => code), Array.from(pairs.values(), ([, domain]) => domain)];
  await fetch(load, world.domainUses, tables.DOMAIN_USES, { by: ['codeKey', 'domainHash'], keys: columns });
}

/** Which events each source has ever sent: it decides what a bare payment intent may earn. */
export async function loadSourceTypes(load: Loader): Promise<void> {
  const seen = await rows<SourceType>(load, 'load source_types', selectAllSql(tables.SOURCE_TYPES), []);
  for (const each of seen) load.world.sourceTypes.load(each);
}
