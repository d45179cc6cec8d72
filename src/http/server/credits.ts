/**
 * The sink's later word on a credit that it had answered with 202.
 * Promises: the same word twice is 200 twice. Must never: take a word that contradicts the one before.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Deps } from '../deps.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';

type Needs = Pick<Deps, 'settleAccepted'>;

const answerBody = z.strictObject({ reference: text(255).nullish() });

export function creditRoutes(deps: Needs): Route[] {
  const route = (answer: 'confirm' | 'refuse'): Route => ({
    method: 'post',
    path: `/v1/credits/:idempotency_key/${answer}`,
    credential: 'credits:write',
    body: 'json',
    handle: (req, res) => settleCredit(deps, answer, req, res),
  });
  return [route('confirm'), route('refuse')];
}

async function settleCredit(deps: Needs, answer: 'confirm' | 'refuse', req: Request, res: Response): Promise<void> {
  const { reference } = readBody(req, answerBody);
  const key = param(req, 'idempotency_key');
  const outcome = await deps.settleAccepted(programOf(res).no, key, answer, reference ?? undefined);
  if (outcome === 'unknown_key') throw new Problem('unknown_credit');
  if (outcome === 'conflict') throw new Problem('already_settled');
  res.json({ idempotency_key: key, status: answer === 'confirm' ? 'confirmed' : 'refused' });
}
