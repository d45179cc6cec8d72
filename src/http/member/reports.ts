/**
 * POST /reports: anybody says that a code is misused.
 * Promises: kept for an admin to see; limited for each address and for the program. Must never: tell whether there is
 * such a code, or let anything follow by itself.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { SUSPENSION_REASONS } from '../../model/suspensions.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody, text } from '../input.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';

type Needs = Pick<Deps, 'submit' | 'limits'>;

const reportBody = z
  .strictObject({
    code: text(200),
    reason: z.enum(SUSPENSION_REASONS).nullish(),
    message: text(2000).nullish().describe('what was seen, and where'),
  })
  .meta({ id: 'NewReport', examples: [{ code: 'K7M2XQ', reason: 'incentive_abuse', message: 'offers cash' }] });
const reportAnswer = z.strictObject({ received: z.literal(true) }).meta({ id: 'ReportReceived' });

/** Of one program, from wherever. */
const EVERYBODY = 'everybody';

export function reportRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/reports',
      credential: 'none',
      body: 'json',
      operation: 'reports.make',
      summary: 'Reports that a code is misused',
      description: 'Open to all; the answer is the same whether there is such a code or not.',
      asks: { body: reportBody },
      answers: reportAnswer,
      refuses: ['too_many_requests'],
      handle: (req, res) => report(deps, req, res),
    },
  ];
}

async function report({ submit, limits }: Needs, req: Request, res: Response): Promise<void> {
  const { no } = programOf(res);
  const { code, reason = null, message = null } = readBody(req, reportBody);
  await limits.take('reports', no, networkOf(req.ip ?? ''));
  await limits.take('program_reports', no, EVERYBODY);
  const done = await submit(no, { command: 'report.make', code, reason, message });
  if (!done.ok && done.code !== 'unknown_code') throw new Problem(done.code);
  answer(res, reportAnswer, { received: true });
}
