/**
 * Erasing one member, for good.
 * Promises: once answered, nothing about the person is shown or taken in any more, and asking again does no harm; the
 * ledger stays. Must never: forget the sweep; where the inbox is large it goes on behind the answer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import * as z from 'zod';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { type MemberNeeds, memberJson, programIn, programQuery } from './members.ts';
import { member } from './schemas.ts';

type Needs = MemberNeeds & Pick<Deps, 'submit' | 'sweepErasures'>;

const eraseBody = z
  .strictObject({ reason: text(1000).nullish() })
  .meta({ id: 'Erasure', examples: [{ reason: 'asked for it by mail' }] });

const SWEEP_MS_MAX = 20_000;

export function eraseRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: '/members/:id/erase',
      credential: 'admin',
      body: 'json',
      summary: 'Erases what is known about a person; the ledger stays',
      description:
        'Address, name, addresses seen, bodies of events, frozen requests, mails and notes go; ids, rewards and ' +
        'entries stay. Whoever signs up again with the same address earns no second bonus.',
      asks: { query: programQuery, body: eraseBody },
      answers: member,
      refuses: ['unknown_program', 'unknown_member'],
      handle: (req, res) => erase(deps, req, res),
    },
  ];
}

async function erase(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programIn(deps, req);
  const memberId = param(req, 'id');
  const { reason } = readBody(req, eraseBody);
  const { actor } = adminOf(res);
  const submitted = await deps.submit(loaded.no, { command: 'member.erase', memberId, actor, note: reason ?? null });
  if (!submitted.ok) throw new Problem(submitted.code);
  await Promise.race([deps.sweepErasures(loaded.no), sleep(SWEEP_MS_MAX, undefined, { ref: false })]);
  answer(res, member, await memberJson(deps, loaded, memberId));
}
