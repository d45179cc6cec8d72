/**
 * The fund for admins: its runs, its contributors, its payouts, and a person's word on a payout.
 * Promises: a word is in the audit log under the admin's name, and is refused where it contradicts the one before. Must
 * never: show an address, or where somebody is paid.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { listContributors } from '../../fund/contributors.ts';
import { NOBODY } from '../../fund/report-link.ts';
import { formatPercent } from '../../model/money.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { amount, pageOf, time, unit } from '../forms.ts';
import { fundOf, reportUrl } from '../fund/report.ts';
import { adminQuery } from '../fund/schemas.ts';
import { integer, readBody, readId, readQuery, text, writeId } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import * as sql from './fund.sql.ts';

type Needs = Pick<Deps, 'fund' | 'env' | 'pools' | 'programs'>;

export const PAYOUT_STATES = ['planned', 'sending', 'accepted', 'waiting', 'parked', 'confirmed', 'refused'] as const;

const oneProgram = z.strictObject({ program: text(100) });
const payoutQuery = z.strictObject({
  ...adminQuery.shape,
  contributor: text(40).optional(),
  status: z.enum(PAYOUT_STATES).optional(),
  ...pageShape,
});

const fundRun = z
  .strictObject({
    month: z.string(),
    base: amount.describe('what referred members paid, net, that no earlier run counted'),
    share: z.string(),
    granted: amount,
    carried: amount.describe('what the fund held before'),
    returned: amount.describe('kept for somebody who did not come in time'),
    distributed: amount,
    contributors: z.int().describe('with those who have not registered'),
    payouts: z.int(),
    paid_out: amount.describe('of the payouts of this run, what has arrived'),
    created_at: time,
  })
  .meta({ id: 'FundRun' });
export const fundRuns = z
  .strictObject({ program: z.string(), currency: unit, page_url: z.string(), data: z.array(fundRun) })
  .meta({ id: 'FundRuns' });

const fundContributor = z
  .strictObject({
    id: z.string(),
    github_username: z.string(),
    member_id: z.string().nullable(),
    addresses: z.int().describe('how many were proved'),
    proved_at: time.nullable(),
    has_details: z.boolean().describe('whether it is known where to pay'),
    owed: amount,
    paid: amount,
  })
  .meta({ id: 'FundContributor' });
export const fundContributors = z
  .strictObject({ program: z.string(), currency: unit, data: z.array(fundContributor) })
  .meta({ id: 'FundContributors' });

const fundPayout = z
  .strictObject({
    id: z.string(),
    contributor_id: z.string(),
    github_username: z.string(),
    month: z.string(),
    amount,
    currency: unit,
    sink: z.string(),
    status: z.enum(PAYOUT_STATES).describe('as of deliveries: parked waits for a person'),
    outcome: z.string().nullable(),
    attempts: z.int(),
    first_try_at: time.nullable(),
    next_try_at: time.nullable(),
    reference: z.string().nullable(),
    detail: z.string().nullable(),
    created_at: time,
    settled_at: time.nullable(),
  })
  .meta({ id: 'FundPayout' });
export const fundPayouts = pageOf('FundPayoutPage', fundPayout);

const settleBody = z
  .strictObject({
    program: text(100),
    word: z
      .enum(['paid', 'refused', 'retry'])
      .describe('paid: the money is there. refused: it is not, and is owed as before. retry: under the same key'),
    reference: text(255).optional().describe("the bank's or the sink's own id of it"),
  })
  .meta({ id: 'PayoutSettling', examples: [{ program: 'hanzo', word: 'paid', reference: 'SEPA-1289' }] });
export const settledPayout = z.strictObject({ payout: fundPayout }).meta({ id: 'SettledFundPayout' });

export function fundRoutes(deps: Needs): Route[] {
  const at = { method: 'get', credential: 'admin:read', refuses: ['unknown_program', 'no_fund'] } as const;
  return [
    {
      ...at,
      path: '/fund/runs',
      summary: 'The months that the fund has run, the newest first',
      asks: { query: oneProgram },
      answers: fundRuns,
      handle: (req, res) => runs(deps, req, res),
    },
    {
      ...at,
      path: '/fund/contributors',
      summary: 'Who registered, what is owed to them and what was paid',
      asks: { query: oneProgram },
      answers: fundContributors,
      handle: (req, res) => contributors(deps, req, res),
    },
    {
      ...at,
      path: '/fund/payouts',
      summary: 'Payouts and how they stand, the newest first',
      asks: { query: payoutQuery },
      answers: fundPayouts,
      handle: (req, res) => payouts(deps, req, res),
    },
    {
      method: 'post',
      path: '/fund/payouts/:id/settle',
      credential: 'admin',
      body: 'json',
      summary: 'Says how a payout ended, or has it sent again',
      description: 'For one that the sink has only taken on, that was written to a file, or that is parked.',
      asks: { body: settleBody },
      answers: settledPayout,
      refuses: ['unknown_program', 'no_fund', 'unknown_payout', 'payout_settled'],
      handle: (req, res) => settle(deps, req, res),
    },
  ];
}

function named({ programs }: Needs, name: string): LoadedProgram {
  const loaded = programs.byName(name);
  if (!loaded) throw new Problem('unknown_program');
  return loaded;
}

async function runs(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = named(deps, readQuery(req, oneProgram).program);
  const { currency } = fundOf(loaded);
  const rows = await sql.listRuns(deps.pools.knex, loaded.no);
  const data = rows.map(({ unit: _unit, rate, ...row }) => ({
    ...row,
    share: formatPercent(rate),
    base: integer(row.base),
    granted: integer(row.granted),
    carried: integer(row.carried),
    returned: integer(row.returned),
    distributed: integer(row.distributed),
    paid_out: integer(row.paid_out),
  }));
  answer(res, fundRuns, { program: loaded.program.program, currency, page_url: reportUrl(deps, loaded, NOBODY), data });
}

async function contributors(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = named(deps, readQuery(req, oneProgram).program);
  const { currency } = fundOf(loaded);
  const rows = await listContributors(deps.pools.general, loaded.no);
  const data = rows.map((row) => ({
    id: writeId('con', row.id),
    github_username: row.username,
    member_id: row.memberId,
    addresses: row.addresses,
    proved_at: row.provedAt,
    has_details: row.hasDetails,
    owed: integer(row.owed),
    paid: integer(row.paid),
  }));
  answer(res, fundContributors, { program: loaded.program.program, currency, data });
}

async function payouts(deps: Needs, req: Request, res: Response): Promise<void> {
  const { program, month, contributor, status, ...query } = readQuery(req, payoutQuery);
  const request = readPage(query);
  const loaded = named(deps, program);
  fundOf(loaded);
  // An id that is none finds nobody.
  const id = contributor === undefined ? undefined : (readId(contributor, 'con') ?? 0n);
  const filter = { programNo: loaded.no, month, contributor: id, status };
  const rows = await sql.listPayouts(deps.pools.knex, filter, request);
  const place = (row: sql.FundPayoutRow) => ({ at: row.created_at, id: row.id });
  answer(res, fundPayouts, page(rows, request, place, payoutJson));
}

function payoutJson({ id, contributor_id: contributor, unit: currency, state, ...row }: sql.FundPayoutRow) {
  const ids = { id: writeId('po', id), contributor_id: writeId('con', contributor) };
  return { ...ids, ...row, currency, status: state as (typeof PAYOUT_STATES)[number], amount: integer(row.amount) };
}

async function settle(deps: Needs, req: Request, res: Response): Promise<void> {
  const { program, word, reference } = readBody(req, settleBody);
  const loaded = named(deps, program);
  fundOf(loaded);
  const payout = param(req, 'id');
  const id = readId(payout, 'po');
  if (id === undefined) throw new Problem('unknown_payout');
  const outcome = await deps.fund.settle(loaded, { payout, word, reference, actor: adminOf(res).actor });
  if (outcome === 'unknown_payout') throw new Problem('unknown_payout');
  if (outcome === 'reference_taken') throw new Problem('payout_settled', 'The reference is that of another payout');
  if (outcome === 'already_settled') throw new Problem('payout_settled');
  if (word === 'retry') deps.fund.wake(loaded.no);
  const filter = { programNo: loaded.no, month: undefined, contributor: undefined, status: undefined, id };
  const [row] = await sql.listPayouts(deps.pools.knex, filter, { limit: 1, after: undefined });
  if (!row) throw new Problem('unknown_payout');
  answer(res, settledPayout, { payout: payoutJson(row) });
}
