/**
 * A member's rewards, referrals and ledger, newest first.
 * Promises: at most a hundred a page; a row added meanwhile shifts nothing. Must never: show an address unmasked or to
 * another organization, or which signal refused somebody (masks.ts).
 */
import type { Request, Response } from 'express';
import { formatPercent } from '../../model/money.ts';
import type { Program } from '../../model/program.ts';
import { answer, iso, isoOrNull } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer, readQuery, writeId } from '../input.ts';
import { page, readPage } from '../pages.ts';
import { programOf, type Route } from '../routes.ts';
import { actingMember } from './bearer.ts';
import * as sql from './lists.sql.ts';
import { isNamedTo, maskEmail, shownReason } from './masks.ts';
import type { LedgerAnswer, ReferralAnswer, RewardAnswer } from './schemas.ts';
import * as forms from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'openSecrets'>;

export function listRoutes(deps: Needs): Route[] {
  const common = { method: 'get', credential: 'member:read', asks: { query: forms.pageQuery } } as const;
  return [
    {
      ...common,
      path: '/v1/me/rewards',
      operation: 'rewards.list',
      summary: "The member's rewards, newest first",
      answers: forms.rewardsAnswer,
      handle: (req, res) => rewards(deps, req, res),
    },
    {
      ...common,
      path: '/v1/me/referrals',
      operation: 'referrals.list',
      summary: 'Whom the member referred, newest first',
      answers: forms.referralsAnswer,
      handle: (req, res) => referrals(deps, req, res),
    },
    {
      ...common,
      path: '/v1/me/ledger',
      operation: 'ledger.list',
      summary: "The member's side of the ledger, newest first",
      answers: forms.ledgerAnswer,
      handle: (req, res) => ledger(deps, req, res),
    },
  ];
}

async function rewards({ pools }: Needs, req: Request, res: Response): Promise<void> {
  const request = readPage(readQuery(req, forms.pageQuery));
  const rows = await sql.listRewards(pools.knex, programOf(res).no, actingMember(res).personId, request);
  const place = (row: sql.RewardRow) => ({ at: row.created_at, id: row.id });
  answer(res, forms.rewardsAnswer, page(rows, request, place, rewardJson));
}

function rewardJson(row: sql.RewardRow): RewardAnswer {
  return {
    id: writeId('rw', row.id),
    rule: row.rule,
    to: row.beneficiary,
    status: row.status,
    reason: row.reason,
    amount: integer(row.amount),
    reversed_amount: integer(row.reversed_amount),
    forfeited_amount: integer(row.forfeited_amount),
    unit: row.unit,
    base: row.base_amount === null ? null : { amount: integer(row.base_amount), currency: row.base_currency },
    rate: row.rate === null ? null : formatPercent(row.rate),
    created_at: iso(row.created_at),
    credited_at: isoOrNull(row.credited_at),
    vests_at: isoOrNull(row.vests_at),
    expires_at: isoOrNull(row.expires_at),
    vouchers: row.vouchers,
  };
}

async function referrals({ pools, openSecrets }: Needs, req: Request, res: Response): Promise<void> {
  const request = readPage(readQuery(req, forms.pageQuery));
  const { no } = programOf(res);
  const acting = actingMember(res);
  const rows = await sql.listReferrals(pools.knex, no, acting.personId, request);
  const named = rows.slice(0, request.limit).filter((row) => isNamedTo(acting, row.org_id));
  const people = await openSecrets(
    no,
    named.map((row) => row.referee_id),
  );
  const show = (row: sql.ReferralRow) => referralJson(row, people.get(row.referee_id)?.email ?? null);
  const place = (row: sql.ReferralRow) => ({ at: row.created_at, id: row.id });
  answer(res, forms.referralsAnswer, page(rows, request, place, show));
}

function referralJson(row: sql.ReferralRow, email: string | null): ReferralAnswer {
  return {
    id: writeId('rf', row.id),
    status: row.status,
    reason: shownReason(row.status, row.reason),
    email: email === null ? null : maskEmail(email),
    code: row.code,
    channel: row.channel,
    campaign: row.campaign,
    created_at: iso(row.created_at),
    completed_at: isoOrNull(row.completed_at),
    first_paid_at: isoOrNull(row.first_paid_at),
    earned: (row.earned ?? []).map(({ unit, amount }) => ({ unit, amount: integer(BigInt(amount)) })),
  };
}

async function ledger({ pools }: Needs, req: Request, res: Response): Promise<void> {
  const request = readPage(readQuery(req, forms.pageQuery));
  const { no, program } = programOf(res);
  const rows = await sql.listLedger(pools.knex, no, actingMember(res).personId, request);
  const place = (row: sql.LedgerRow) => ({ at: row.at, id: row.id });
  answer(
    res,
    forms.ledgerAnswer,
    page(rows, request, place, (row) => ledgerJson(program, row)),
  );
}

function ledgerJson({ rules }: Program, row: sql.LedgerRow): LedgerAnswer {
  const rule = rules.find(({ name }) => name === row.rule);
  return {
    id: writeId('tx', row.id),
    kind: row.kind,
    reason: rule?.label ?? row.rule ?? row.spent_for,
    reward_id: row.reward_id === null ? null : writeId('rw', row.reward_id),
    spend_id: row.spend_id === null ? null : writeId('sp', row.spend_id),
    created_at: iso(row.at),
    entries: row.entries.map(({ account, unit, amount }) => ({ account, unit, amount: integer(BigInt(amount)) })),
  };
}
