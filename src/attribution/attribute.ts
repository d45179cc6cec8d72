/**
 * Who referred this person, and by what evidence.
 * Promises: a member is referred once, for good; every code that came along is kept with what became of it. Must never:
 * attribute by a code that is revoked, used up or suspended, or whose member is gone, or make somebody their own or
 * their colleague's referrer.
 */
import { codeKeyOf, codeNamed } from '../model/code-names.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Code, Finding, Person, Referral } from '../model/records.ts';
import { objectKey, type World } from '../model/world.ts';
import { SAME_ORGANIZATION } from './organizations.ts';
import { ADDRESSES_MAX, type Evidence, VISIT_CLAIM, VISITOR } from './visits.ts';

/** Strongest first; a carrier not listed comes after these, in the order it was read, and WEAKEST come last. */
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
const WEAKEST = [VISITOR, VISIT_CLAIM];

/** Flags of a referral by a claim that came from where too many came from, or long after the account was there. */
const ONE_PLACE = 'visit_claims_from_one_place';
const AFTERWARDS = 'visit_claim_after_signup';

const CODE_KEY_LENGTH_MAX = 200;

export interface Attribution {
  readonly referral: Referral;
  readonly isNew: boolean;
}

/** A code that came along, with what became of it. */
interface Judged {
  readonly claim: Evidence;
  readonly codeKey: string;
  readonly code: Code | undefined;
  readonly outcome: string;
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
  claims: readonly Evidence[],
): Attribution | undefined {
  const known = world.referrals.get(person.id);
  const judged = judge(world, ctx, person, claims, known);
  for (const each of judged) record(world, ctx, event, person, each);
  const won = judged.find(({ outcome }) => outcome === ATTRIBUTED);
  if (!won?.code) return known && { referral: known, isNew: false };
  const lost = judged.filter((each) => each !== won);
  return { referral: refer(world, ctx, event, { person, code: won.code, claim: won.claim, lost }), isNew: true };
}

const ATTRIBUTED = 'attributed';
const UNKNOWN_CODE = 'unknown_code';

function judge(
  world: World,
  ctx: FoldContext,
  person: Person,
  claims: readonly Evidence[],
  known: Referral | undefined,
): Judged[] {
  const ranked = [...claims].sort((a, b) => strengthOf(a.carrier) - strengthOf(b.carrier));
  const judged: Judged[] = [];
  for (const claim of ranked) {
    const said = saidBy(world, claim);
    const code = codeNamed(world, ctx.keyed, said);
    const codeKey = code?.codeKey ?? said;
    if (known && code?.codeKey === known.codeKey) continue;
    const referrer = code && world.persons.get(code.personId);
    const isTaken = known !== undefined || judged.some(({ outcome }) => outcome === ATTRIBUTED);
    const refusal = refusalOf(code, { referee: person, referrer }, ctx.now, isTaken) ?? claim.refusal;
    const outcome = refusal ?? (isOverruled(world, person, claim, judged) ? 'other_carrier' : ATTRIBUTED);
    judged.push({ claim, codeKey, code, outcome });
  }
  return judged;
}

/** A visit claim stands back behind whatever else names a code of ours, also one that was refused, now or before. */
function isOverruled(world: World, { id }: Person, { carrier }: Evidence, judged: readonly Judged[]): boolean {
  if (carrier !== VISIT_CLAIM) return false;
  const before = world.claims.by('person', id).some((told) => {
    return told.carrier !== VISIT_CLAIM && told.outcome !== UNKNOWN_CODE;
  });
  return before || judged.some(({ claim, code }) => code && claim.carrier !== VISIT_CLAIM);
}

/** What a claim says, as codes are kept. Of an object that nobody has explained it is the object's own id. */
function saidBy(world: World, { code, object }: Evidence): string {
  const alias = object && world.codeAliases.get(objectKey({ ...object, objectId: code }));
  return alias?.codeKey ?? codeKeyOf(code).slice(0, CODE_KEY_LENGTH_MAX);
}

function strengthOf(carrier: string): number {
  const weak = WEAKEST.indexOf(carrier);
  if (weak !== -1) return STRENGTH.length + 1 + weak;
  const index = STRENGTH.findIndex((name) => carrier === name || carrier.startsWith(`${name}.`));
  return index === -1 ? STRENGTH.length : index;
}

function refusalOf(
  code: Code | undefined,
  { referee, referrer }: { readonly referee: Person; readonly referrer: Person | undefined },
  now: Date,
  isTaken: boolean,
): string | undefined {
  if (!code) return UNKNOWN_CODE;
  if (isTaken) return 'already_referred';
  if (code.revokedAt || referrer?.deletedAt) return 'code_revoked';
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
  { claim, codeKey, outcome }: Judged,
): void {
  world.claims.put({
    id: ctx.nextId(),
    personId: person.id,
    codeKey,
    carrier: claim.carrier,
    outcome,
    at: ctx.now,
    causeId: event.id,
  });
}

interface Won {
  readonly person: Person;
  readonly code: Code;
  readonly claim: Evidence;
  readonly lost: readonly Judged[];
}

function refer(world: World, ctx: FoldContext, event: FoldEvent, won: Won): Referral {
  const { person, code, claim } = won;
  const told = event.occurredAt ?? event.receivedAt;
  const flags = [...((claim.addresses ?? 0) > ADDRESSES_MAX ? [ONE_PLACE] : []), ...(claim.isLate ? [AFTERWARDS] : [])];
  const referral: Referral = {
    id: ctx.nextId(),
    refereeId: person.id,
    referrerId: code.personId,
    codeKey: code.codeKey,
    carrier: claim.carrier,
    status: 'pending',
    reason: null,
    flags,
    held: flags.length > 0,
    evidence: [evidenceOf(ctx, event, won), ...crowdOf(claim, flags)],
    // What a sender dates in our future happened when it was told.
    createdAt: told < ctx.now ? told : ctx.now,
    completedAt: null,
    qualifiedAt: null,
    qualifyUntil: null,
  };
  world.referrals.put(referral);
  world.codes.put({ ...code, uses: code.uses + 1 });
  return referral;
}

/** By which carrier, when, and what else was seen and lost. */
function evidenceOf({ loaded }: FoldContext, event: FoldEvent, { code, claim, lost }: Won): Finding {
  const { clicks, carrier } = claim;
  const seen = lost.map((each) => ({
    code: each.code?.code ?? each.claim.code,
    carrier: each.claim.carrier,
    why: each.outcome,
  }));
  return {
    asked: 'attribution',
    saw: {
      code: code.code,
      carrier,
      source: event.source,
      event: event.eventId,
      ...(clicks
        ? { first_click: clicks.first, last_click: clicks.last, touch: loaded.program.attribution.touch }
        : {}),
      lost: seen,
    },
    said: ATTRIBUTED,
  };
}

function crowdOf({ carrier, addresses = 1, isLate = false }: Evidence, flags: readonly string[]): Finding[] {
  if (carrier !== VISIT_CLAIM) return [];
  const saw = { addresses_from_network_in_a_day: addresses, pass: ADDRESSES_MAX, long_after_signup: isLate };
  return [{ asked: VISIT_CLAIM, saw, said: flags.length > 0 ? 'hold' : 'clear' }];
}
