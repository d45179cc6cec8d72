/**
 * One payment: who may have referred its payer, and an admin's word that somebody did.
 * Promises: a candidate is named with what speaks for them; attaching is a command that the engine folds, asks the
 * signals about, and writes to the audit log; the same again changes nothing. Must never: attach by itself.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Command } from '../../model/commands.ts';
import { adminOf } from '../admin-auth.ts';
import { answer, type Sent } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { time } from '../forms.ts';
import { readBody, readId, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import * as sql from './payments.sql.ts';
import { paymentJson } from './payments.ts';
import { rewardJson } from './reward-json.ts';
import { readRewards } from './rewards.sql.ts';
import { adminReward, payment } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'submit' | 'settle'>;

const SETTLE_MS_MAX = 20_000;
/** Longer ones are no codes that somebody mistyped. */
const TYPED_LENGTH_MAX = 32;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const candidate = z
  .strictObject({
    member_id: z.string(),
    code: z.string(),
    why: z.string().describe('`invited`, `similar_code`, or why a code of theirs referred nobody: `code_revoked` …'),
    saw: z.string().nullable().describe('the code that came along'),
    at: time.nullable(),
  })
  .meta({ id: 'ReferrerCandidate' });
export const paymentDetail = payment
  .extend({ rewards: z.array(adminReward), candidates: z.array(candidate) })
  .meta({ id: 'PaymentDetail' });
const attachBody = z
  .strictObject({
    program: text(100).optional(),
    referrer: text(255).optional().describe('the member who referred the payer'),
    code: text(200).optional().describe('or a code of theirs'),
    reason: text(1000),
  })
  .refine((body) => (body.referrer === undefined) !== (body.code === undefined), {
    path: ['referrer'],
    error: 'give a referrer or a code',
  })
  .meta({ id: 'Attachment', examples: [{ referrer: 'user_7', reason: 'she wrote to us, with the chat' }] });

export function paymentActionRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/payments/:id',
      credential: 'admin:read',
      answers: paymentDetail,
      summary: 'A payment, what it earned, and who may have referred its payer',
      refuses: ['unknown_payment'],
      handle: async (req, res) => answer(res, paymentDetail, await detail(deps, await paymentOf(deps, req))),
    },
    {
      method: 'post',
      path: '/payments/:id/attach',
      credential: 'admin:moderate',
      answers: paymentDetail,
      body: 'json',
      summary: 'Says who referred the payer of a payment that earned nothing',
      description:
        'The signals are asked as for a code that came along. Also for a payment older than `attribution.late`. Answers after deliveries were tried once.',
      asks: { body: attachBody },
      refuses: [
        'unknown_payment',
        'unknown_member',
        'unknown_code',
        'not_attachable',
        'member_erased',
        'already_referred',
        'self_referral',
        'same_organization',
        'code_revoked',
        'code_suspended',
        'code_expired',
        'code_used_up',
      ],
      handle: (req, res) => attach(deps, req, res),
    },
  ];
}

async function paymentOf({ pools }: Needs, req: Request): Promise<sql.OnePayment> {
  const id = readId(param(req, 'id'), 'pm');
  const row = id === undefined ? undefined : await sql.readPayment(pools.knex, id);
  if (!row) throw new Problem('unknown_payment');
  return row;
}

async function attach(deps: Needs, req: Request, res: Response): Promise<void> {
  const body = readBody(req, attachBody);
  const row = await paymentOf(deps, req);
  if (body.program !== undefined && body.program !== row.program) throw new Problem('unknown_payment');
  const command: Command = {
    command: 'payment.attach',
    paymentId: String(row.id),
    // Whom nobody has named is known by the payment.
    memberId: row.member_id ?? `${row.source}:${row.source_payment_id}`,
    actor: adminOf(res).actor,
    note: body.reason,
    code: body.code,
    referrerId: body.referrer,
  };
  const submitted = await deps.submit(row.program_no, command, { triedOnce: true });
  if (!submitted.ok) throw new Problem(submitted.code);
  await deps.settle(row.program_no, submitted.inboxId, SETTLE_MS_MAX);
  answer(res, paymentDetail, await detail(deps, await paymentOf(deps, req)));
}

async function detail(deps: Needs, row: sql.OnePayment) {
  const { knex } = deps.pools;
  const rewards = await readRewards(knex, await sql.rewardsOfPayment(knex, row));
  return {
    ...paymentJson(row),
    rewards: rewards.map((reward) => rewardJson(reward)),
    candidates: row.reason === null ? [] : await candidatesFor(deps, row),
  };
}

async function candidatesFor(
  { pools: { knex } }: Needs,
  row: sql.OnePayment,
): Promise<Sent<z.input<typeof candidate>>[]> {
  const { program_no: no, person_id: personId, email_hash: emailHash } = row;
  const [invited, lost] = await Promise.all([
    emailHash === null ? [] : sql.inviterOf(knex, no, emailHash),
    personId === null ? [] : sql.lostCodes(knex, no, personId),
  ]);
  const typed = new Map(lost.flatMap((claim) => nearTo(claim.code_key).map((near) => [near, claim] as const)));
  for (const claim of lost) typed.set(claim.code_key, claim);
  const owners = typed.size === 0 ? [] : await sql.ownersOfCodes(knex, no, [...typed.keys()]);
  const byCode = owners.flatMap(({ code_key: key, ...owner }) => {
    const claim = typed.get(key ?? '');
    if (!claim) return [];
    const why = claim.code_key === key ? claim.outcome : 'similar_code';
    return [{ ...owner, why, saw: claim.code_key, at: claim.at }];
  });
  const all = [...invited.map(({ code_key: _, ...owner }) => ({ ...owner, why: 'invited', saw: null })), ...byCode];
  return all.filter(({ member_id: id }) => id !== row.member_id);
}

/** What somebody may have meant who typed this: one letter other, missing, too many, or two in the wrong order. */
function nearTo(typed: string): string[] {
  if (typed.length < 4 || typed.length > TYPED_LENGTH_MAX) return [];
  const near = new Set<string>();
  for (let i = 0; i <= typed.length; i++) {
    const [before, after] = [typed.slice(0, i), typed.slice(i)];
    near.add(before + after.slice(1));
    if (after.length > 1) near.add(`${before}${after[1]}${after[0]}${after.slice(2)}`);
    for (const letter of LETTERS) near.add(before + letter + after).add(before + letter + after.slice(1));
  }
  near.delete(typed);
  return [...near];
}
