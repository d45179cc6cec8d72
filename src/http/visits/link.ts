/**
 * GET /r/:code: the link that members share.
 * Promises: whoever follows it arrives, with whatever else the link says (utm_…), also when the code is unknown, the
 * database away or the click not counted; the way leads to the product's own page and nowhere else. Must never: wait
 * long for a count, set a cookie for somebody who asks not to be tracked, or tell who guesses which codes there are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { isUnavailable } from '../../db/transaction.ts';
import type { LoadedProgram, Program } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import { loggable } from '../request-log.ts';
import { param, programOf, type Route } from '../routes.ts';
import { mayTellMiss } from './misses.ts';
import { fromOf, isMachine, newVisitorId, readVisitor, setVisitor, wantsPrivacy } from './visitor.ts';
import { findStandingCode } from './visits.sql.ts';

type Needs = Pick<Deps, 'pools' | 'clock' | 'limits' | 'visits' | 'log'>;

/** Longer than any write that is not waiting for something else. */
const COUNT_WITHIN_MS = 250;

/** As a code may be written; what is none is not handed on when nobody can look. */
const CODE = /^[A-Za-z0-9_-]{1,64}$/;

export function linkRoute(deps: Needs): Route {
  return {
    method: 'get',
    path: '/r/:code',
    credential: 'none',
    summary: 'A referral link: counts the click and leads to the product, with the code',
    description: 'Unknown and dead codes lead there without one. Other query parameters are carried on.',
    answers: 'text/html',
    statuses: [302],
    handle: async (req, res) => {
      const loaded = programOf(res);
      const code = await codeOf(deps, loaded, req);
      if (code?.stands && req.method === 'GET' && !isMachine(req)) await count(deps, loaded, code.code, req, res);
      redirect(req, res, loaded.program, code?.code);
    },
  };
}

interface Written {
  readonly code: string;
  /** false: nobody could look; the signup will. */
  readonly stands: boolean;
}

async function codeOf(deps: Needs, { no }: LoadedProgram, req: Request): Promise<Written | undefined> {
  const written = param(req, 'code').trim();
  if (!CODE.test(written)) return undefined;
  try {
    const now = await deps.clock.now();
    await deps.limits.take('links', no, networkOf(req.ip ?? ''));
    const code = await findStandingCode(deps.pools, no, written, now);
    if (code !== undefined) return { code, stands: true };
    // Beyond what is guessed at in a minute, one that does not stand is answered in the same way; it counts nowhere.
    return (await mayTellMiss(deps.limits, no)) ? undefined : { code: written.toUpperCase(), stands: true };
  } catch (error) {
    // Too many from one network are not told which codes there are; they arrive with what they came with.
    if (!(error instanceof Problem) && !isUnavailable(error)) throw error;
    return { code: written, stands: false };
  }
}

async function count(deps: Needs, loaded: LoadedProgram, code: string, req: Request, res: Response): Promise<void> {
  const at = await deps.clock.now();
  const visitor = wantsPrivacy(req) ? undefined : recognise(req, res, loaded.program, code, at);
  const counted = deps.visits.click(loaded, { code, visitor, isLink: true, at }).catch((error: unknown) => {
    deps.log.warn({ err: loggable(error) }, 'a click was not counted');
  });
  await Promise.race([counted, sleep(COUNT_WITHIN_MS, undefined, { ref: false })]);
}

function recognise(req: Request, res: Response, program: Program, code: string, at: Date) {
  const known = readVisitor(req, program);
  const id = known?.visitor ?? newVisitorId();
  const keeps = known !== undefined && program.attribution.touch === 'first';
  const seconds = Math.floor(at.getTime() / 1000);
  setVisitor(res, req, program, keeps ? known : { visitor: id, code, seconds });
  return { id, from: fromOf(req) };
}

/** What the landing page's own address says is not said otherwise by a link, and the code only by its path. */
function redirect(req: Request, res: Response, program: Program, code: string | undefined): void {
  const { parameter } = program.attribution;
  const url = new URL(program.product.homeUrl);
  const own = new Set([...url.searchParams.keys(), parameter]);
  const [, query = ''] = /\?(.*)$/s.exec(req.originalUrl) ?? [];
  for (const [name, value] of new URLSearchParams(query)) if (!own.has(name)) url.searchParams.append(name, value);
  if (code !== undefined) url.searchParams.set(parameter, code);
  res.setHeader('X-Robots-Tag', 'noindex');
  res.status(302).location(url.href).type('text/html').send('');
}
