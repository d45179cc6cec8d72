/**
 * POST /v1/visits: what the snippet tells of a visitor: a click on the landing page, a claim at a signup form.
 * Promises: only pages of the product are heard; an answer comes after the write. Must never: be told an
 * address: only its hash, by the program's public key.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { LoadedProgram } from '../../model/program.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import { letProductRead } from '../product-origin.ts';
import { programOf, type Route } from '../routes.ts';
import { mayTellMiss } from './misses.ts';
import type { From } from './recorder.ts';
import { fromOf, isMachine, wantsPrivacy } from './visitor.ts';
import { findStandingCode } from './visits.sql.ts';

type Needs = Pick<Deps, 'pools' | 'clock' | 'limits' | 'visits'>;

const common = {
  visitor_id: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/, 'must be 16 to 64 letters, digits, - or _'),
  code: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'is no code'),
};
const visitBody = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...common, kind: z.literal('click') }),
    z.strictObject({
      ...common,
      kind: z.literal('claim'),
      email_hash: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 in base64url')
        .describe("of the program's public key and the address, as the snippet makes it"),
    }),
  ])
  .meta({ id: 'Visit', examples: [{ visitor_id: '5f2d0c1b9a8e7d6c', code: 'K7M2XQ', kind: 'click' }] });
const visitAnswer = z
  .strictObject({
    received: z.literal(true),
    known: z.boolean().optional().describe('whether the code stands; not said to machines'),
  })
  .meta({ id: 'VisitReceived' });

export function beaconRoute(deps: Needs): Route {
  return {
    method: 'post',
    path: '/v1/visits',
    credential: 'none',
    body: 'beacon',
    operation: 'visits.tell',
    summary: 'What the snippet tells of a visitor',
    description:
      'A click on the page that a link leads to, or a signup form that was sent after one. Machines, and browsers that ask not to be tracked, are not counted.',
    asks: { body: visitBody },
    answers: visitAnswer,
    statuses: [202],
    refuses: ['foreign_origin', 'too_many_requests'],
    handle: (req, res) => take(deps, req, res),
  };
}

async function take(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  if (!letProductRead(req, res)) throw new Problem('foreign_origin');
  const visit = readBody(req, visitBody);
  res.status(202);
  if (isMachine(req) || wantsPrivacy(req)) return answer(res, visitAnswer, { received: true });
  await deps.limits.take('visits', loaded.no, networkOf(req.ip ?? ''));
  const at = await deps.clock.now();
  const [known] = await Promise.all([
    findStandingCode(deps.pools, loaded.no, visit.code, at),
    tell(deps, loaded, visit, { at, from: fromOf(req) }),
  ]);
  answer(res, visitAnswer, {
    received: true,
    known: known !== undefined || !(await mayTellMiss(deps.limits, loaded.no)),
  });
}

async function tell(
  { visits }: Needs,
  loaded: LoadedProgram,
  { visitor_id: visitorId, code, ...told }: z.output<typeof visitBody>,
  { at, from }: { readonly at: Date; readonly from: From },
): Promise<void> {
  if (told.kind === 'claim') return await visits.claim(loaded, { code, visitorId, told: told.email_hash, from, at });
  await visits.click(loaded, { code, visitor: { id: visitorId, from }, isLink: false, at });
}
