/**
 * The sink's later word on a credit that it had answered with 202.
 * Promises: the same word twice is 200 twice. Must never: take a word that contradicts the one before.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';

type Needs = Pick<Deps, 'settleAccepted'>;
type Word = 'confirm' | 'refuse';

const wordBody = z
  .strictObject({ reference: text(255).nullish().describe("the sink's own id of the credit, kept with it") })
  .meta({ id: 'CreditWord' });
const settled = z
  .strictObject({ idempotency_key: z.string(), status: z.enum(['confirmed', 'refused']) })
  .meta({ id: 'SettledCredit' });

export function creditRoutes(deps: Needs): Route[] {
  const route = (word: Word, summary: string): Route => ({
    method: 'post',
    path: `/v1/credits/:idempotency_key/${word}`,
    credential: 'credits:write',
    body: 'json',
    operation: `credits.${word}`,
    summary,
    asks: { body: wordBody },
    answers: settled,
    refuses: ['unknown_credit', 'already_settled'],
    handle: (req, res) => settleCredit(deps, word, req, res),
  });
  return [
    route('confirm', 'The sink has the credit that it had answered with 202'),
    route('refuse', 'The sink will not take the credit that it had answered with 202'),
  ];
}

async function settleCredit(deps: Needs, word: Word, req: Request, res: Response): Promise<void> {
  const { reference } = readBody(req, wordBody);
  const key = param(req, 'idempotency_key');
  const outcome = await deps.settleAccepted(programOf(res).no, key, word, reference ?? undefined);
  if (outcome === 'unknown_key') throw new Problem('unknown_credit');
  if (outcome === 'conflict') throw new Problem('already_settled');
  answer(res, settled, { idempotency_key: key, status: word === 'confirm' ? 'confirmed' : 'refused' });
}
