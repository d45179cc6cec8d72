/**
 * What we saw ourselves before somebody signed up: clicks of the visitor that the product names, and claims, the weakest
 * evidence there is: a browser that had clicked a code sent a form with the signup's address.
 * Promises: only clicks inside the window count, and none that is younger than the account. Must never: trust a claim
 * by itself when many addresses were claimed from one network; a person decides those.
 */
import { matchEmail } from '../model/email.ts';
import type { CodeClaim, CustomerFact, MemberFact } from '../model/facts.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Person } from '../model/records.ts';
import type { VisitClaim } from '../model/visits.ts';
import type { World } from '../model/world.ts';

export const VISITOR = 'visitor_id';
export const VISIT_CLAIM = 'visit_claim';

/** A code that came along, and what we know of it beyond that. */
export interface Evidence extends CodeClaim {
  /** Clicks that we counted ourselves, by our own clock. */
  readonly clicks?: { readonly first: Date; readonly last: Date };
  /** Why it cannot count, whatever becomes of the code. */
  readonly refusal?: string | undefined;
  /** Addresses claimed from the same network within a day, where a claim is all there is. */
  readonly addresses?: number;
  /** The claim came long after the account was there. */
  readonly isLate?: boolean;
}

/** A household or an office passes; what comes from a script does not. */
export const ADDRESSES_MAX = 5;

/** The provider's clock and ours are not one. */
const SKEW_MS = 5 * 60_000;

/** A form and the webhook of the signup that it makes overtake one another. Who is claimed later was known before. */
const RACE_MS = 3_600_000;

/** Somebody who may have been seen before: since when they are there, and what would tell. null: it does not matter. */
interface Arrival {
  readonly bornAt: Date | null;
  readonly visitorId?: string | undefined;
  readonly claims: readonly VisitClaim[];
}

/** A signup, or what is told of it later. */
export function seenBeforeSignup(world: World, ctx: FoldContext, person: Person, fact: MemberFact): Evidence[] {
  const { change, visitorId, email } = fact;
  // Somebody who came by a referral is not asked about again each time that they are told of.
  const isAsked = change === 'created' || (change === 'updated' && !world.referrals.get(person.id));
  const claims = claimsOf(world, ctx, email);
  return isAsked ? seen(world, ctx, { bornAt: person.accountCreatedAt, visitorId, claims }) : [];
}

/** A customer whom nobody knew before: where a payment provider is all there is, that is the signup. */
export function seenBeforeCheckout(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  { email }: CustomerFact,
): Evidence[] {
  if (world.referrals.get(person.id)) return [];
  const { createdAt } = person;
  const told = event.occurredAt ?? createdAt;
  const bornAt = person.accountCreatedAt ?? (told < createdAt ? told : createdAt);
  return seen(world, ctx, { bornAt, claims: claimsOf(world, ctx, email) });
}

/** A claim that comes when the account is there already. Nothing where it came before, too: then it was looked at. */
export function seenAfterSignup(
  world: World,
  ctx: FoldContext,
  { person, bornAt }: { readonly person: Person; readonly bornAt: Date | null },
  claim: VisitClaim,
): Evidence[] {
  const before = world.claims.by('person', person.id);
  if (before.some(({ carrier, codeKey }) => carrier === VISIT_CLAIM && codeKey === claim.codeKey)) return [];
  return seen(world, ctx, { bornAt, claims: [claim] });
}

/** Whether a form may have been sent for the account itself. */
export function isRaced(bornAt: Date, { firstClaimedAt }: VisitClaim): boolean {
  return firstClaimedAt.getTime() - bornAt.getTime() <= RACE_MS;
}

function claimsOf(world: World, { keyed }: FoldContext, email: string | undefined): VisitClaim[] {
  const matched = email ? matchEmail(email) : undefined;
  return matched ? world.visitClaims.by('email', keyed.hash('claim', keyed.told(matched.address))) : [];
}

/** Best first: by the program's touch, for each of the two carriers. */
function seen(world: World, ctx: FoldContext, { bornAt, visitorId, claims: claimed }: Arrival): Evidence[] {
  const clicked = visitorId ? world.visits.by('visitor', ctx.keyed.hash('visitor', visitorId)) : [];
  if (!bornAt || clicked.length + claimed.length === 0) return [];
  const found: Evidence[] = [
    ...clicked.map((visit) => ({
      code: visit.codeKey,
      carrier: VISITOR,
      clicks: { first: visit.firstAt, last: visit.lastAt },
    })),
    ...claimed.map((claim) => ({
      code: claim.codeKey,
      carrier: VISIT_CLAIM,
      clicks: { first: claim.firstClickAt, last: claim.lastClickAt },
      addresses: addressesAround(world, claim),
      isLate: !isRaced(bornAt, claim),
      refusal: tooLate(ctx, bornAt, claim),
    })),
  ];
  const judged = found.map((each) => ({ ...each, refusal: refusalOf(ctx, bornAt, each) ?? each.refusal }));
  return byTouch(ctx, judged);
}

function addressesAround(world: World, { networkHash, claimedAt }: VisitClaim): number {
  if (networkHash === null) return 1;
  return world.visitPlaces.get(`${networkHash}\n${claimedAt.getTime()}`)?.addresses ?? 1;
}

function refusalOf({ loaded }: FoldContext, bornAt: Date, { clicks }: Evidence): string | undefined {
  if (!clicks) return undefined;
  if (clicks.first.getTime() > bornAt.getTime() + SKEW_MS) return 'account_older_than_click';
  if (bornAt.getTime() - clicks.last.getTime() > loaded.program.attribution.window) return 'outside_window';
  return undefined;
}

/** As with payments: what is told later than that, nobody takes on a browser's word. */
function tooLate({ loaded }: FoldContext, bornAt: Date, { firstClaimedAt }: VisitClaim): string | undefined {
  const after = firstClaimedAt.getTime() - bornAt.getTime();
  return after > loaded.program.attribution.late ? 'too_late' : undefined;
}

function byTouch({ loaded }: FoldContext, found: readonly Evidence[]): Evidence[] {
  const first = loaded.program.attribution.touch === 'first';
  const place = ({ clicks }: Evidence) => (first ? (clicks?.first.getTime() ?? 0) : -(clicks?.last.getTime() ?? 0));
  const unique = new Map<string, Evidence>();
  for (const each of [...found].sort((a, b) => place(a) - place(b))) {
    const key = `${each.carrier}\n${each.code}`;
    if (!unique.has(key)) unique.set(key, each);
  }
  return [...unique.values()];
}
