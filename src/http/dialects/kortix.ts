/**
 * Kortix's referral API, as its documentation writes it.
 * Promises: amounts leave in platform credits ($1.00 = 100), rounded down. Must never: tell why a code is not valid.
 */
import type { Request, Response } from 'express';
import type { Program } from '../../model/program.ts';
import { answer, iso, isoOrNull } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer, readBody, readQuery } from '../input.ts';
import { actingMember } from '../member/bearer.ts';
import { readOwnCode } from '../member/codes.sql.ts';
import type { InviteNeeds } from '../member/invite.ts';
import { lookUp } from '../member/lookup.ts';
import { readAllowances } from '../member/me.sql.ts';
import { changeCode } from '../member/own-code.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import * as forms from './kortix.schemas.ts';
import * as sql from './kortix.sql.ts';
import { inviteRoutes } from './kortix-invites.ts';
import { withApiPrefix } from './prefixes.ts';

type Needs = InviteNeeds & Pick<Deps, 'submit' | 'promote' | 'codeKeys' | 'openSecrets' | 'log'>;

export function kortixRoutes(deps: Needs): Route[] {
  return withApiPrefix([
    {
      method: 'get',
      path: '/v1/referrals/code',
      credential: 'member:read',
      summary: 'Your referral code',
      answers: forms.codeAnswer,
      refuses: ['no_code'],
      handle: (_req, res) => code(deps, res),
    },
    {
      method: 'post',
      path: '/v1/referrals/refresh',
      credential: 'member:write',
      summary: 'A new referral code; the old one expires, and with it what is pending by it',
      answers: forms.refreshAnswer,
      refuses: ['too_many_requests'],
      handle: (_req, res) => refresh(deps, res),
    },
    {
      method: 'get',
      path: '/v1/referrals/stats',
      credential: 'member:read',
      summary: 'An overview of your referrals',
      answers: forms.statsAnswer,
      handle: (_req, res) => stats(deps, res),
    },
    {
      method: 'get',
      path: '/v1/referrals/history',
      credential: 'member:read',
      summary: 'All your referrals, newest first',
      asks: { query: forms.historyQuery },
      answers: forms.historyAnswer,
      handle: (req, res) => history(deps, req, res),
    },
    {
      method: 'post',
      path: '/v1/referrals/validate',
      credential: 'member:read',
      body: 'json',
      summary: 'Whether a referral code is valid, and whose it is',
      asks: { body: forms.validateBody },
      answers: forms.validateAnswer,
      refuses: ['too_many_requests'],
      handle: (req, res) => validate(deps, req, res),
    },
    ...inviteRoutes(deps),
  ]);
}

async function code({ pools, promote }: Needs, res: Response): Promise<void> {
  const own = await readOwnCode(pools.knex, programOf(res).no, actingMember(res).personId);
  if (own === null) throw new Problem('no_code');
  // It is how a member of Kortix asks for the code that they share.
  await promote(programOf(res), own);
  answer(res, forms.codeAnswer, { referral_code: own });
}

async function refresh(deps: Needs, res: Response): Promise<void> {
  const acting = actingMember(res);
  const command = { command: 'code.refresh', memberId: acting.memberId } as const;
  const changed = await changeCode(deps, programOf(res), acting, command);
  if (changed.code === null) throw new Error('bug: a code that was made is not there');
  answer(res, forms.refreshAnswer, {
    success: true,
    old_code: changed.previous,
    new_code: changed.code,
    message: 'Referral code refreshed successfully',
  });
}

async function stats({ pools }: Needs, res: Response): Promise<void> {
  const { no, program } = programOf(res);
  const where = [pools.knex, no, actingMember(res).personId] as const;
  const limit = earningLimit(program);
  const [own, row, allowances] = await Promise.all([
    readOwnCode(...where),
    sql.readStats(...where),
    readAllowances(...where, limit?.rules ?? []),
  ]);
  const allowed = allowances.reduce((total, each) => total + each.used, 0n);
  const left = limit && (allowed < limit.most ? limit.most - allowed : 0n);
  answer(res, forms.statsAnswer, {
    referral_code: own,
    total_referrals: row.total,
    successful_referrals: row.successful,
    total_credits_earned: inCredits(program, row.earned),
    remaining_earnable_credits: left === undefined ? null : inCredits(program, left),
    max_earnable_credits: limit === undefined ? null : inCredits(program, limit.most),
    has_reached_limit: left === 0n,
    last_referral_at: isoOrNull(row.last_at),
  });
}

/** What the rules that pay the referrer may ever pay them together; undefined: one of them has no cap, or there is none. */
function earningLimit({ rules }: Program): { readonly rules: string[]; readonly most: bigint } | undefined {
  const paying = rules.filter((rule) => rule.to === 'referrer');
  let most = 0n;
  for (const { lifetimeCap } of paying) {
    if (lifetimeCap === undefined) return undefined;
    most += lifetimeCap;
  }
  return paying.length === 0 ? undefined : { rules: paying.map((rule) => rule.name), most };
}

function inCredits({ unit }: Program, amount: bigint): number {
  const per = unit.kind === 'money' && 'shownAs' in unit ? unit.shownAs?.per : undefined;
  return integer(per === undefined ? amount : amount / per);
}

async function history({ pools }: Needs, req: Request, res: Response): Promise<void> {
  const query = readQuery(req, forms.historyQuery);
  const { no, program } = programOf(res);
  const rows = await sql.listHistory(pools.knex, no, actingMember(res).personId, query);
  const shown = rows.map((row) => ({
    referred_account_id: row.member_id,
    referred_at: iso(row.created_at),
    status: statusOf(row),
    credits_awarded: inCredits(program, row.credited),
  }));
  answer(res, forms.historyAnswer, shown);
}

/** What is over and earned nothing is successful with nothing, as a referral beyond the limit is. */
function statusOf({ status, credited, is_open: isOpen }: sql.HistoryRow): 'successful' | 'pending' {
  return credited === 0n && (status === 'pending' || isOpen) ? 'pending' : 'successful';
}

async function validate(deps: Needs, req: Request, res: Response): Promise<void> {
  const { code: written } = readBody(req, forms.validateBody);
  const { no } = programOf(res);
  const found = await lookUp(deps, no, written, `member ${actingMember(res).personId}`);
  const referrer = found?.is_valid ? await sql.readMemberId(deps.pools.knex, no, found.person_id) : undefined;
  answer(res, forms.validateAnswer, referrer === undefined ? { valid: false } : { valid: true, referrer_id: referrer });
}
