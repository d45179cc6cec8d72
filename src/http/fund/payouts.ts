/**
 * The sink's later word on a payout, of which it had only said that it has it.
 * Promises: the same word twice is 200 twice; what was refused is owed as before. Must never: take a word that
 * contradicts the one before, or one on a payout that the sink was never sent.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';

type Needs = Pick<Deps, 'fund'>;
type Word = 'confirm' | 'refuse';

/** Who says so, in the audit log. */
const ACTOR = 'sink';

const wordBody = z
  .strictObject({ reference: text(255).nullish().describe("the sink's own id of the payout, kept with it") })
  .meta({ id: 'PayoutWord' });
const settled = z
  .strictObject({ idempotency_key: z.string(), status: z.enum(['confirmed', 'refused']) })
  .meta({ id: 'SettledPayout' });

export function payoutRoutes(deps: Needs): Route[] {
  const route = (word: Word, summary: string, description: string): Route => ({
    method: 'post',
    path: `/v1/payouts/:idempotency_key/${word}`,
    credential: 'payouts:write',
    body: 'json',
    operation: `payouts.${word}`,
    summary,
    description,
    asks: { body: wordBody },
    answers: settled,
    refuses: ['unknown_payout', 'payout_settled'],
    handle: (req, res) => settle(deps, word, req, res),
  });
  return [
    route('confirm', 'The contributor has the money', 'For a sink that had answered `payout.create` with 202.'),
    route(
      'refuse',
      'The contributor will not have the money of this payout',
      'It is owed as before, and the next month’s run pays it under another key.',
    ),
  ];
}

async function settle({ fund }: Needs, word: Word, req: Request, res: Response): Promise<void> {
  const { reference } = readBody(req, wordBody);
  const key = param(req, 'idempotency_key');
  const outcome = await fund.settle(programOf(res), {
    payout: key,
    word: word === 'confirm' ? 'paid' : 'refused',
    reference: reference ?? undefined,
    actor: ACTOR,
    bySink: true,
  });
  if (outcome === 'unknown_payout') throw new Problem('unknown_payout');
  if (outcome === 'reference_taken') throw new Problem('payout_settled', 'The reference is that of another payout');
  if (outcome === 'already_settled') throw new Problem('payout_settled');
  answer(res, settled, { idempotency_key: key, status: word === 'confirm' ? 'confirmed' : 'refused' });
}
