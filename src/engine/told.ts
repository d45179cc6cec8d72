/**
 * What signals ask of others, and what follows when they have told: what waited for it is decided.
 * Promises: the signal is asked again as it would have been at the signup, with the signup's time; what another signal
 * or a person said meanwhile stands, and what waits for another answer goes on waiting. Must never: let through what was
 * never looked at; an answer that says nothing changes nothing.
 */
import { assessSignup } from '../fraud/assess.ts';
import { networksOf } from '../fraud/networks.ts';
import { type Assessment, UNCHECKED } from '../fraud/signal.ts';
import { COUNTRY } from '../fraud/signals/country.ts';
import { DOMAIN_AGE } from '../fraud/signals/domain-age.ts';
import { NETWORK_KIND } from '../fraud/signals/network.ts';
import { reject } from '../ledger/settle.ts';
import { type Command, type CommandOutcome, DONE } from '../model/commands.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Finding, Person, Referral, Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { ASSESSED } from './marks.ts';
import { reevaluate } from './reevaluate.ts';
import { suspendBySignal } from './suspend-by-signal.ts';

type Told<C extends Command['command']> = Extract<Command, { command: C }>;

/** An answer is asked for once; one that said nothing, again when somebody else comes from there. */
export function askOthers(world: World, ctx: FoldContext, referee: Person, said: Assessment): void {
  const waits = new Set(said.findings.filter(isOpen).map(({ asked }) => asked));
  if (waits.has(`signal ${DOMAIN_AGE}`)) askForDomain(world, ctx, referee);
  if (waits.has(`signal ${COUNTRY}`) || waits.has(`signal ${NETWORK_KIND}`)) askForNetworks(world, ctx, referee);
}

function askForNetworks(world: World, ctx: FoldContext, { id: refereeId }: Person): void {
  for (const { kind, valueHash: ipHash } of world.facts.by('person', refereeId)) {
    const known = world.networkChecks.get(ipHash);
    if (kind !== 'ip' || (known && known.toldAt === null)) continue;
    const nothing = { toldAt: null, country: null, asn: null, kinds: null };
    world.networkChecks.put({ ipHash, refereeId, createdAt: ctx.now, ...nothing });
  }
}

function askForDomain(world: World, ctx: FoldContext, { domainHash, id: refereeId }: Person): void {
  if (domainHash === null) return;
  const known = world.domainChecks.get(domainHash);
  if (known && known.toldAt === null) return;
  const asked = { domainHash, refereeId, createdAt: ctx.now, toldAt: null, registeredAt: null };
  world.domainChecks.put(asked);
}

export function domainTold(
  world: World,
  ctx: FoldContext,
  { domainHash, registeredAt }: Told<'domain.told'>,
  cause: Cause,
): CommandOutcome {
  const check = world.domainChecks.get(domainHash);
  if (!check || check.toldAt) return DONE;
  const told = registeredAt === null ? null : new Date(registeredAt);
  world.domainChecks.put({ ...check, toldAt: ctx.now, registeredAt: told });
  if (told === null) return DONE;
  const isTheirs = (referee: Person) => referee.domainHash === domainHash;
  for (const waiting of waitingFor(world, isTheirs)) decide(world, ctx, waiting, DOMAIN_AGE, cause);
  return DONE;
}

export function networkTold(
  world: World,
  ctx: FoldContext,
  { ipHash, country, asn, kinds }: Told<'network.told'>,
  cause: Cause,
): CommandOutcome {
  const check = world.networkChecks.get(ipHash);
  if (!check || check.toldAt) return DONE;
  const told = { country, asn: asn === null ? null : BigInt(asn), kinds: kinds === null ? null : kinds.join() };
  world.networkChecks.put({ ...check, ...told, toldAt: ctx.now });
  const wasThere = ({ id }: Person) => networksOf(world, id).told.some((each) => each.ipHash === ipHash);
  for (const name of [COUNTRY, NETWORK_KIND])
    for (const waiting of waitingFor(world, wasThere)) decide(world, ctx, waiting, name, cause);
  return DONE;
}

interface Waiting {
  readonly referral: Referral;
  readonly referee: Person;
}

function waitingFor(world: World, isTheirs: (referee: Person) => boolean): Waiting[] {
  const waiting = Array.from(world.referrals.all()).filter(({ flags }) => flags.includes(UNCHECKED));
  return waiting.flatMap((referral) => {
    const referee = world.persons.get(referral.refereeId);
    return referee && isTheirs(referee) ? [{ referral, referee }] : [];
  });
}

/** Asks one signal again, if it is what they wait for. */
function decide(world: World, ctx: FoldContext, { referral, referee }: Waiting, signal: string, cause: Cause): void {
  if (!lastWords(referral.evidence).some((each) => each.asked === `signal ${signal}` && isOpen(each))) return;
  const referrer = world.persons.get(referral.referrerId);
  if (!referrer || (referral.status !== 'pending' && referral.status !== 'completed')) return;
  const said = assessSignup(world, ctx, { referee, referrer, referral }, signal);
  const evidence = [...referral.evidence, ...said.findings];
  const next = { ...referral, evidence, flags: flagsNow(referral.flags, said, evidence) };
  const denied = said.then === 'deny';
  const held = isHeld(evidence);
  world.referrals.put(denied ? { ...next, status: 'denied', reason: said.reason } : { ...next, held });
  suspendBySignal(world, ctx, { said, referrer, refereeId: referee.id }, cause);
  for (const reward of world.rewards.by('referee', referee.id).filter(isUndecided)) {
    const explain = [...reward.explain, ...said.findings];
    const released = !held && !isHeld(explain);
    const decided: Reward = { ...reward, explain, flags: flagsNow(reward.flags, said, explain), released };
    if (denied) {
      reject(world, ctx, decided, said.reason ?? 'denied', cause);
      continue;
    }
    world.rewards.put(decided);
    reevaluate(world, ctx, decided, cause);
  }
}

function flagsNow(flags: readonly string[], said: Assessment, findings: readonly Finding[]): string[] {
  const others = flags.filter((flag) => flag !== UNCHECKED || lastWords(findings).some(isOpen));
  return [...new Set([...others, ...said.flags])];
}

/** It could not look. */
function isOpen({ saw, said }: Finding): boolean {
  return HOLDS.has(said) && Object.values(saw).includes(UNCHECKED);
}

/** The last word of whatever was asked. */
function lastWords(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.asked, finding])).values()];
}

function isHeld(findings: readonly Finding[]): boolean {
  return lastWords(findings).some(({ asked, said }) => asked !== ASSESSED && HOLDS.has(said));
}

const HOLDS: ReadonlySet<string> = new Set(['hold', 'suspend']);

function isUndecided({ status, approvedAt, creditedAt, inFlight }: Reward): boolean {
  return status === 'pending' && approvedAt === null && creditedAt === null && inFlight === null;
}
