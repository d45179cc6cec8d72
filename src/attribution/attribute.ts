/**
 * Who referred this person, and by what evidence.
 * Promises: a member is referred once, for good; every code that came along is kept with what became of it. Must never:
 * attribute by a code that is revoked, used up or suspended, or make somebody their own or their colleague's referrer.
 */
import type { CodeClaim } from '../model/facts.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Code, Finding, Person, Referral } from '../model/records.ts';
import { objectKey, type World } from '../model/world.ts';
import { SAME_ORGANIZATION } from './organizations.ts';

/** Strongest first; a carrier not listed comes after these, in the order it was read. */
const STRENGTH = [
  'referral_code',
  'client_reference_id',
  'metadata',
  'custom_data',
  'promotion_code',
  'discount',
  'public_metadata',
  'unsafe_metadata',
];

const CODE_KEY_LENGTH_MAX = 200;

export interface Attribution {
  readonly referral: Referral;
  readonly isNew: boolean;
}

/**
 * Folds the codes that came with `person`. `completed` tells whether the signup counts already.
 * Run twice it changes nothing: a referral that exists stays, and a code is recorded as lost once.
 */
export function attribute(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  claims: readonly CodeClaim[],
): Attribution | undefined {
  const known = world.referrals.get(person.id);
  const ranked = [...claims].sort((a, b) => strengthOf(a.carrier) - strengthOf(b.carrier));
  let made: Referral | undefined;
  for (const claim of ranked) {
    const codeKey = codeKeyOf(world, claim);
    const code = world.codes.get(codeKey);
    const referrer = code && world.persons.get(code.personId);
    const refusal = refusalOf(code, { referee: person, referrer }, ctx.now, known ?? made);
    const outcome = refusal ?? 'attributed';
    if (known && code?.codeKey === known.codeKey) continue;
    record(world, ctx, event, person, { ...claim, codeKey }, outcome);
    if (refusal || !code) continue;
    made = refer(world, ctx, event, person, code, claim, ranked);
  }
  if (made) return { referral: made, isNew: true };
  return known && { referral: known, isNew: false };
}

/** What a claim says, as codes are kept. Of an object that nobody has explained it is the object's own id. */
function codeKeyOf(world: World, { code, object }: CodeClaim): string {
  const alias = object && world.codeAliases.get(objectKey({ ...object, objectId: code }));
  return alias?.codeKey ?? code.trim().toLowerCase().slice(0, CODE_KEY_LENGTH_MAX);
}

function strengthOf(carrier: string): number {
  const index = STRENGTH.findIndex((name) => carrier === name || carrier.startsWith(`${name}.`));
  return index === -1 ? STRENGTH.length : index;
}

function refusalOf(
  code: Code | undefined,
  { referee, referrer }: { readonly referee: Person; readonly referrer: Person | undefined },
  now: Date,
  existing: Referral | undefined,
): string | undefined {
  if (!code) return 'unknown_code';
  if (existing) return 'already_referred';
  if (code.revokedAt) return 'code_revoked';
  if (code.suspendedAt || referrer?.suspendedAt) return 'code_suspended';
  if (code.expiresAt && code.expiresAt <= now) return 'code_expired';
  if (code.maxUses !== null && code.uses >= code.maxUses) return 'code_used_up';
  if (code.personId === referee.id) return 'self_referral';
  if (referee.orgId !== null && referee.orgId === referrer?.orgId) return SAME_ORGANIZATION;
  return undefined;
}

function record(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  claim: CodeClaim & { readonly codeKey: string },
  outcome: string,
): void {
  world.claims.put({
    id: ctx.nextId(),
    personId: person.id,
    codeKey: claim.codeKey,
    carrier: claim.carrier,
    outcome,
    at: ctx.now,
    causeId: event.id,
  });
}

function refer(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  code: Code,
  claim: CodeClaim,
  seen: readonly CodeClaim[],
): Referral {
  const others = seen.filter((other) => other !== claim).map((other) => `${other.carrier}=${other.code}`);
  const evidence: Finding = {
    asked: 'attribution',
    saw: { code: code.code, carrier: claim.carrier, source: event.source, event: event.eventId, others },
    said: 'attributed',
  };
  const referral: Referral = {
    id: ctx.nextId(),
    refereeId: person.id,
    referrerId: code.personId,
    codeKey: code.codeKey,
    carrier: claim.carrier,
    status: 'pending',
    reason: null,
    flags: [],
    held: false,
    evidence: [evidence],
    createdAt: event.occurredAt ?? event.receivedAt,
    completedAt: null,
    qualifiedAt: null,
    qualifyUntil: null,
  };
  world.referrals.put(referral);
  world.codes.put({ ...code, uses: code.uses + 1 });
  return referral;
}
