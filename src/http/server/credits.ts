/**
 * The sink's later word on a credit that it had answered with 202.
 * Promises: the same word twice is 200 twice. Must never: take a word that contradicts the one before.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { SinkWord } from '../../delivery/settle-accepted.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';

type Needs = Pick<Deps, 'settleAccepted'>;

const reference = text(255).nullish().describe("the sink's own id of the credit, kept with it");
const confirmBody = z.strictObject({ reference }).meta({ id: 'CreditWord' });
const refuseBody = z
  .strictObject({ reference, reason: text(500).nullish().describe("why not; kept in the reward's history") })
  .meta({ id: 'CreditRefusal' });
const settled = z
  .strictObject({ idempotency_key: z.string(), status: z.enum(['confirmed', 'refused']) })
  .meta({ id: 'SettledCredit' });

export function creditRoutes(deps: Needs): Route[] {
  const common = {
    method: 'post',
    credential: 'credits:write',
    body: 'json',
    answers: settled,
    refuses: ['unknown_credit', 'already_settled'],
  } as const;
  return [
    {
      ...common,
      path: '/v1/credits/:idempotency_key/confirm',
      operation: 'credits.confirm',
      summary: 'The sink has the credit that it had answered with 202',
      asks: { body: confirmBody },
      handle: (req, res) => settleCredit(deps, req, res, { word: 'confirm', ...readBody(req, confirmBody) }),
    },
    {
      ...common,
      path: '/v1/credits/:idempotency_key/refuse',
      operation: 'credits.refuse',
      summary: 'The sink will not take the credit that it had answered with 202',
      asks: { body: refuseBody },
      handle: (req, res) => settleCredit(deps, req, res, { word: 'refuse', ...readBody(req, refuseBody) }),
    },
  ];
}

type Said = { readonly word: SinkWord['word'] } & z.output<typeof refuseBody>;

async function settleCredit(
  deps: Needs,
  req: Request,
  res: Response,
  { word, reference, reason }: Said,
): Promise<void> {
  const key = param(req, 'idempotency_key');
  const said = { idempotencyKey: key, word, reference: reference ?? undefined, reason: reason ?? undefined };
  const outcome = await deps.settleAccepted(programOf(res).no, said);
  if (outcome === 'unknown_key') throw new Problem('unknown_credit');
  if (outcome === 'conflict') throw new Problem('already_settled');
  answer(res, settled, { idempotency_key: key, status: word === 'confirm' ? 'confirmed' : 'refused' });
}
