/**
 * Hanzo's referral API, as its documentation writes it.
 * Promises: whoever asks for a link twice has one code; a claim that is denied is an answer, not a problem. Must never:
 * pay or attribute by a rule of its own: a claim is the member API's claim.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { isHidden } from '../../model/code-names.ts';
import { type LoadedProgram, type Program, referralUrl } from '../../model/program.ts';
import { monthOf, tierInForce } from '../../model/tiers.ts';
import { answer, iso } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer, readBody } from '../input.ts';
import { type Acting, actingMember } from '../member/bearer.ts';
import { makeClaim } from '../member/claims.ts';
import { ensureLink } from '../member/links.ts';
import { lookUp } from '../member/lookup.ts';
import { firstName, maskPerson } from '../member/masks.ts';
import { ensureCode } from '../member/own-code.ts';
import { refereeAmount } from '../member/share.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';
import * as forms from './hanzo.schemas.ts';
import * as sql from './hanzo.sql.ts';
import { withApiPrefix } from './prefixes.ts';

type Needs = Pick<
  Deps,
  'promote' | 'pools' | 'clock' | 'codeKeys' | 'submit' | 'limits' | 'openSecrets' | 'publicId' | 'log'
>;

const DAY_MS = 86_400_000;
const PPM_OF_ONE_PERCENT = 10_000;

export function hanzoRoutes(deps: Needs): Route[] {
  return withApiPrefix([
    {
      method: 'post',
      path: '/v1/referrer',
      credential: 'member:write',
      body: 'json',
      summary: 'The referral link of the authenticated user; the one there is, if there is one',
      asks: { body: forms.referrerBody },
      answers: forms.linkAnswer,
      refuses: ['too_many_links', 'too_many_requests'],
      handle: (req, res) => createLink(deps, req, res),
    },
    {
      method: 'get',
      path: '/v1/referrer/me',
      credential: 'member:read',
      summary: 'Tier, referrals, credit balance and revenue share of the authenticated user',
      answers: forms.profileAnswer,
      handle: async (_req, res) => answer(res, forms.profileAnswer, await profile(deps, res)),
    },
    {
      method: 'get',
      path: '/v1/referrer/code/:code',
      credential: 'lookup',
      summary: 'Whether a referral code stands, and whose it is',
      answers: forms.codeAnswer,
      refuses: ['unknown_code', 'too_many_requests'],
      handle: (req, res) => validate(deps, req, res),
    },
    {
      method: 'post',
      path: '/v1/referral/claim',
      credential: 'member:write',
      body: 'json',
      summary: 'The authenticated user was referred by this code',
      asks: { body: forms.claimBody },
      answers: forms.claimAnswer,
      refuses: ['unknown_code', 'too_many_requests'],
      handle: (req, res) => claim(deps, req, res),
    },
  ]);
}

/** A link of its own for a channel and campaign keeps count of them; what is shared is always the one code. */
async function createLink(deps: Needs, req: Request, res: Response): Promise<void> {
  const { channel = null, campaign = null } = readBody(req, forms.referrerBody);
  const loaded = programOf(res);
  const acting = actingMember(res);
  const code = await ensureCode(deps, loaded, acting);
  const isNamed = channel !== null || campaign !== null;
  const link = isNamed ? (await ensureLink(deps, loaded, acting, { channel, campaign })).link : undefined;
  const row = await readReferrer(deps, loaded, acting);
  answer(res, forms.linkAnswer, {
    id: referrerId(deps, loaded, acting.personId, row.created_at),
    code,
    url: referralUrl(loaded.program, code),
    channel,
    campaign,
    created_at: iso(link?.created_at ?? row.code_created_at ?? row.created_at),
  });
}

async function profile(deps: Needs, res: Response): Promise<z.input<typeof forms.profileAnswer>> {
  const loaded = programOf(res);
  const { no, program } = loaded;
  const acting = actingMember(res);
  const [row, shares] = await Promise.all([
    readReferrer(deps, loaded, acting),
    sql.sumShares(deps.pools.knex, no, acting.personId, shareRules(program)),
  ]);
  const tier = tierInForce(program, row.tier, row.volume);
  const expires = tier?.expiresAfter ?? 'never';
  return {
    id: referrerId(deps, loaded, acting.personId, row.created_at),
    code: row.code,
    tier: tier?.name ?? null,
    referral_count: row.referred,
    credit_balance_cents: integer(row.balance),
    credit_max_cents: tier?.maxBalance === undefined ? null : integer(tier.maxBalance),
    credit_expiry_days: expires === 'never' ? null : expires / DAY_MS,
    revenue_share_pct: Number(row.rate ?? tier?.share ?? 0n) / PPM_OF_ONE_PERCENT,
    revenue_share_total_cents: integer(shares.total),
    revenue_share_pending_cents: integer(shares.pending),
    referrals: { total: row.referred, qualified: row.qualified, pending: pendingOf(program, row) },
    created_at: iso(row.joined_at),
  };
}

async function readReferrer({ pools, clock }: Needs, { no, program }: LoadedProgram, { personId }: Acting) {
  const { unit } = program;
  const of = { unit: unit.kind === 'money' ? unit.currency : unit.name, month: monthOf(await clock.now()) };
  const row = await sql.readReferrer(pools.knex, no, personId, of);
  if (!row) throw new Error('bug: a member who acts is not there');
  return row;
}

function referrerId({ publicId }: Needs, { no }: LoadedProgram, personId: bigint, createdAt: Date): string {
  return publicId('ref', { programNo: no, id: personId, createdAt });
}

function shareRules({ rules }: Program): string[] {
  return rules.flatMap((rule) =>
    rule.when === 'payment' && rule.to === 'referrer' && rule.pays.kind === 'share' ? [rule.name] : [],
  );
}

/** Who did not qualify in time is neither. */
function pendingOf({ qualify }: Program, row: sql.ReferrerRow): number {
  const waiting = qualify?.within === undefined ? row.completed - row.qualified : row.waiting;
  return row.referred - row.completed + waiting;
}

async function validate(deps: Needs, req: Request, res: Response): Promise<void> {
  const { no, program } = programOf(res);
  const found = await lookUp(deps, no, param(req, 'code'), networkOf(req.ip ?? ''));
  if (!found) throw new Problem('unknown_code');
  if (!found.is_valid) return answer(res, forms.codeAnswer, { valid: false });
  const month = monthOf(await deps.clock.now());
  const { tier: kept, volume } = await sql.readStanding(deps.pools.knex, no, found.person_id, month);
  const tier = tierInForce(program, kept, volume);
  answer(res, forms.codeAnswer, {
    valid: true,
    code: found.code,
    referrer_name: firstName(found.owner?.name ?? null) ?? maskPerson(found.owner),
    credit_amount_cents: integer(refereeAmount(program) ?? 0n),
    tier: tier?.name ?? null,
  });
}

async function claim(deps: Needs, req: Request, res: Response): Promise<void> {
  const { code } = readBody(req, forms.claimBody);
  const loaded = programOf(res);
  const acting = actingMember(res);
  const made = await makeClaim(deps, loaded.no, acting, code);
  if (!made.ok && made.code === 'unknown_code') throw new Problem('unknown_code');
  const keys = deps.codeKeys(loaded.no, code);
  const row = await sql.readClaim(deps.pools.knex, loaded.no, acting.personId, keys, welcomeRules(loaded.program));
  if (!row) throw new Error('bug: a claim that was made is not there');
  const status = statusOf(row);
  const expected = status === 'pending' ? refereeAmount(loaded.program) : 0n;
  answer(res, forms.claimAnswer, {
    id: deps.publicId('claim', { programNo: loaded.no, id: row.id, createdAt: row.at }),
    // Nothing tells the text of an erased member's code any more but whoever asks with it.
    code: isHidden(row.code) ? code : row.code,
    referrer_id: referrerId(deps, loaded, row.referrer_id, row.referrer_created_at),
    referred_user_id: acting.memberId,
    credit_cents: integer(status === 'credited' ? (row.reward_amount ?? 0n) : (expected ?? 0n)),
    status,
    created_at: iso(row.at),
  });
}

function welcomeRules({ rules }: Program): string[] {
  return rules.flatMap((rule) => (rule.to === 'referee' ? [rule.name] : []));
}

/** By what the claim came to: the referred user's credit, or the referral itself where there is none. */
function statusOf({
  referral_status: referral,
  reward_status: reward,
}: sql.ClaimRow): 'credited' | 'pending' | 'denied' {
  if (referral === null || referral === 'denied' || referral === 'void') return 'denied';
  if (reward === 'credited') return 'credited';
  return reward === 'rejected' || reward === 'reversed' ? 'denied' : 'pending';
}
