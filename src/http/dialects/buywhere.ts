/**
 * BuyWhere's developer referral API: codes, the list of referrals, figures. Its signup is in buywhere-signup.ts.
 * Promises: credits_earned has what vests, credits_available has not; others' addresses are masked. Must never: tell
 * which signal refused somebody.
 */
import type { Request, Response } from 'express';
import { type LoadedProgram, type Program, referralUrl } from '../../model/program.ts';
import { answer, iso, isoOrNull } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer, readQuery, writeId } from '../input.ts';
import { type Acting, actingMember } from '../member/bearer.ts';
import { isNamedTo, maskEmail, shownReason } from '../member/masks.ts';
import { changeCode, ensureCode } from '../member/own-code.ts';
import { shareTexts } from '../member/share.ts';
import { page, readPage } from '../pages.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import * as forms from './buywhere.schemas.ts';
import * as sql from './buywhere.sql.ts';
import { figuresOf, recentSince } from './buywhere-figures.ts';
import { signupRoutes } from './buywhere-signup.ts';

type Needs = Pick<Deps, 'promote' | 'pools' | 'clock' | 'submit' | 'limits' | 'openSecrets'>;

export function buywhereRoutes(deps: Deps): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/developers/referral-code',
      credential: 'member:write',
      summary: 'Your referral code; a new one when there is none',
      answers: forms.referralCodeAnswer,
      refuses: ['too_many_requests'],
      handle: (_req, res) => generate(deps, res),
    },
    {
      method: 'delete',
      path: '/v1/developers/referral-code',
      credential: 'member:write',
      summary: 'Revokes your referral code',
      answers: forms.codeAnswer,
      refuses: ['no_code', 'too_many_requests'],
      handle: (_req, res) => revoke(deps, res),
    },
    {
      method: 'get',
      path: '/v1/developers/referrals',
      credential: 'member:read',
      summary: 'Your referrals with status and credit history, newest first',
      asks: { query: forms.referralsQuery },
      answers: forms.referralsAnswer,
      handle: (req, res) => referrals(deps, req, res),
    },
    {
      method: 'get',
      path: '/v1/developers/referral-stats',
      credential: 'member:read',
      summary: 'Figures of your referrals',
      answers: forms.statsAnswer,
      handle: (_req, res) => stats(deps, res),
    },
    ...signupRoutes(deps),
  ];
}

async function generate(deps: Needs, res: Response): Promise<void> {
  const loaded = programOf(res);
  const acting = actingMember(res);
  const code = await ensureCode(deps, loaded, acting);
  const figures = await figuresOf(deps, loaded, acting.personId);
  answer(res, forms.referralCodeAnswer, {
    referral_code: code,
    referral_url: referralUrl(loaded.program, code),
    share_text: shareTexts(loaded.program, code).x,
    total_referrals: figures.completed,
    credits_earned: figures.earned,
    credits_available: figures.balance,
  });
}

async function revoke(deps: Needs, res: Response): Promise<void> {
  const loaded = programOf(res);
  const acting = actingMember(res);
  const code = await sql.readCode(deps.pools.knex, loaded.no, acting.personId);
  if (!code) throw new Problem('no_code');
  await changeCode(deps, loaded, acting, { command: 'code.revoke', memberId: acting.memberId });
  answer(res, forms.codeAnswer, {
    code: code.code,
    developer_id: acting.memberId,
    is_active: false,
    max_uses: code.max_uses,
    uses_count: code.uses,
    created_at: iso(code.created_at),
  });
}

async function referrals(deps: Needs, req: Request, res: Response): Promise<void> {
  const request = readPage(readQuery(req, forms.referralsQuery));
  const loaded = programOf(res);
  const acting = actingMember(res);
  const where = [deps.pools.knex, loaded.no, acting.personId] as const;
  const [figures, rows] = await Promise.all([
    figuresOf(deps, loaded, acting.personId),
    sql.listReferrals(...where, request),
  ]);
  const shown = rows.slice(0, request.limit);
  const ids = shown.map((row) => row.referee_id);
  const named = shown.filter((row) => isNamedTo(acting, row.org_id)).map((row) => row.referee_id);
  const [people, earned, credits] = await Promise.all([
    deps.openSecrets(loaded.no, named),
    sql.listEarned(...where, ids),
    sql.listCredits(...where, ids),
  ]);
  const known = { program: loaded.program, acting, earned, credits };
  const show = (row: sql.ReferralRow) => referralJson(row, people.get(row.referee_id)?.email ?? null, known);
  const { data, next_cursor } = page(rows, request, (row) => ({ at: row.created_at, id: row.id }), show);
  answer(res, forms.referralsAnswer, {
    total_referrals: figures.completed,
    credits_earned: figures.earned,
    referrals: data,
    next_cursor,
  });
}

interface Known {
  readonly program: Program;
  readonly acting: Acting;
  readonly earned: readonly sql.EarnedRow[];
  readonly credits: readonly sql.CreditRow[];
}

function referralJson(row: sql.ReferralRow, email: string | null, { program, acting, ...known }: Known) {
  const earned = known.earned.filter((each) => each.referee_id === row.referee_id);
  const sum = (rows: readonly sql.EarnedRow[]) => integer(rows.reduce((total, each) => total + each.amount, 0n));
  const status = statusOf(program, row, earned);
  return {
    developer_id: row.member_id,
    email: email === null ? null : maskEmail(email),
    status,
    reason: status === 'rejected' ? shownReason(row.status, row.reason) : null,
    credits_earned: sum(earned),
    credits_vesting: sum(earned.filter((each) => each.is_vesting)),
    created_at: iso(row.created_at),
    completed_at: isoOrNull(row.completed_at),
    credits: known.credits
      .filter((each) => each.referee_id === row.referee_id)
      .map((each) => ({
        id: writeId('rc', each.id),
        referrer_id: acting.memberId,
        referee_id: row.member_id,
        credit_amount: integer(each.amount),
        reason: labelOf(program, each.rule),
        created_at: iso(each.at),
      })),
  };
}

/** The furthest milestone that earned something. */
function statusOf(
  { rules }: Program,
  row: sql.ReferralRow,
  earned: readonly sql.EarnedRow[],
): (typeof forms.REFERRAL_STATUSES)[number] {
  if (row.status === 'pending') return 'pending';
  if (row.status !== 'completed') return 'rejected';
  const counts = rules.flatMap((rule) =>
    rule.when === 'usage' && earned.some((each) => each.rule === rule.name) ? [rule.count] : [],
  );
  if (counts.length === 0) return 'signed_up';
  return counts.some((count) => count > 1n) ? 'active_user' : 'first_api_call';
}

function labelOf({ rules }: Program, name: string): string {
  return rules.find((rule) => rule.name === name)?.label ?? name;
}

async function stats(deps: Needs, res: Response): Promise<void> {
  const loaded: LoadedProgram = programOf(res);
  const { program, no } = loaded;
  const { personId } = actingMember(res);
  const where = [deps.pools.knex, no, personId] as const;
  const since = recentSince(await deps.clock.now());
  const [figures, code, activity, byRule] = await Promise.all([
    figuresOf(deps, loaded, personId),
    sql.readCode(...where),
    sql.countActivity(...where, since),
    sql.sumByRule(...where),
  ]);
  const reasons = byRule.map(({ rule, count, amount }) => [
    labelOf(program, rule),
    { count, credits: integer(amount) },
  ]);
  answer(res, forms.statsAnswer, {
    referral_code: code?.code ?? null,
    referral_url: code ? referralUrl(program, code.code) : null,
    uses_count: code?.uses ?? 0,
    total_referrals: figures.completed,
    pending_referrals: figures.pending,
    active_referrals: activity.active,
    referrals_last_30_days: activity.recent,
    last_referral_at: isoOrNull(figures.lastAt),
    credits_earned: figures.earned,
    credits_earned_last_30_days: figures.earnedRecently,
    credits_vesting: figures.vesting,
    credits_used: figures.used,
    credits_available: figures.balance,
    by_reason: Object.fromEntries(reasons),
  });
}
