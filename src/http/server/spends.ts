/**
 * The product uses a member's credit, or takes the use back.
 * Promises: one spend for each idempotency key; asked again, the first result again; a void gives back once, however
 * often it is called. Must never: decide how much there is: the engine does, in its turn.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { USAGE_KEY } from '../../ledger/spend.ts';
import type { Program } from '../../model/program.ts';
import { answer, iso, isoOrNull } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { amount, time, unit } from '../forms.ts';
import { integer, readBody, readId, text, writeId } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';
import { readSpend, readSpendByKey, type SpendRow } from './spends.sql.ts';

type Needs = Pick<Deps, 'pools' | 'submit'>;

const spendBody = z
  .strictObject({
    member_id: text(255),
    amount: z.int().positive().describe('in minor units (points: whole points)'),
    idempotency_key: text(255).refine((key) => !key.startsWith(USAGE_KEY), `must not begin with ${USAGE_KEY}`),
    reason: text(200).nullish().describe('what for; the member sees it'),
    currency: z
      .string()
      .regex(/^[a-z]{3}$/, 'is not a currency such as usd')
      .optional()
      .describe('required where rewards are in the currency of each payment'),
  })
  .meta({
    id: 'NewSpend',
    examples: [{ member_id: 'alice', amount: 250, idempotency_key: 'order-1042', reason: 'order 1042' }],
  });

const spendAnswer = z
  .strictObject({
    id: z.string(),
    member_id: z.string(),
    amount,
    unit,
    idempotency_key: z.string(),
    reason: z.string().nullable(),
    balance: z.int().describe('available right after it'),
    created_at: time,
    voided_at: time.nullable(),
  })
  .meta({ id: 'Spend' });

export function spendRoutes(deps: Needs): Route[] {
  const common = { method: 'post', credential: 'credits:write', answers: spendAnswer } as const;
  return [
    {
      ...common,
      path: '/v1/credits/spend',
      operation: 'credits.spend',
      body: 'json',
      summary: 'Uses credit of a member, what expires first at first',
      asks: { body: spendBody },
      refuses: ['unknown_member', 'not_our_balance', 'idempotency_conflict', 'insufficient_credits'],
      handle: (req, res) => spend(deps, req, res),
    },
    {
      ...common,
      path: '/v1/credits/spend/:id/void',
      operation: 'credits.void',
      summary: 'Gives the credit back, with the expiry that it had',
      refuses: ['unknown_spend', 'not_our_balance'],
      handle: (req, res) => voidSpend(deps, req, res),
    },
  ];
}

async function spend({ pools, submit }: Needs, req: Request, res: Response): Promise<void> {
  const { no, program } = programOf(res);
  const body = readBody(req, spendBody);
  if (program.sink.kind !== 'ledger') throw new Problem('not_our_balance');
  const submitted = await submit(no, {
    command: 'credit.spend',
    memberId: body.member_id,
    unit: unitOf(program, body.currency),
    amount: String(body.amount),
    idempotencyKey: body.idempotency_key,
    reason: body.reason ?? null,
  });
  if (!submitted.ok) throw new Problem(submitted.code);
  const row = await readSpendByKey(pools.knex, no, body.idempotency_key);
  if (!row) throw new Error('bug: a spend that was taken is not there');
  answer(res, spendAnswer, spendJson(row, row.balance_after));
}

/** The program's unit; where there are several, the one that is named. */
function unitOf({ unit }: Program, named: string | undefined): string {
  const own = unit.kind === 'points' ? unit.name : unit.currency;
  const unitNamed = own === 'payment' ? named : own;
  if (unitNamed !== undefined && (named === undefined || named === unitNamed)) return unitNamed;
  const wrong = own === 'payment' ? 'is required: credit is in several' : `is ${own} here`;
  throw new Problem('invalid_request', {
    detail: `currency: ${wrong}`,
    errors: [{ field: 'currency', reason: wrong }],
  });
}

/** `balance`: what is available now that the credit is back. */
async function voidSpend({ pools, submit }: Needs, req: Request, res: Response): Promise<void> {
  const { no, program } = programOf(res);
  if (program.sink.kind !== 'ledger') throw new Problem('not_our_balance');
  const id = readId(param(req, 'id'), 'sp');
  if (id === undefined) throw new Problem('unknown_spend');
  const submitted = await submit(no, { command: 'credit.void', spendId: String(id) });
  if (!submitted.ok) throw new Problem(submitted.code);
  const row = await readSpend(pools.knex, no, id);
  if (!row) throw new Error('bug: a spend that was made void is not there');
  answer(res, spendAnswer, spendJson(row, row.balance));
}

function spendJson(row: SpendRow, balance: bigint): z.input<typeof spendAnswer> {
  return {
    id: writeId('sp', row.id),
    member_id: row.member_id,
    amount: integer(row.amount),
    unit: row.unit,
    idempotency_key: row.idempotency_key,
    reason: row.reason,
    balance: integer(balance),
    created_at: iso(row.created_at),
    voided_at: isoOrNull(row.voided_at),
  };
}
