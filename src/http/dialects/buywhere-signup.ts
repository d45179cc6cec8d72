/**
 * POST /v1/developers/signup: a new developer, with or without a referral code.
 * Promises: at most ten an hour from one address, counted for all processes together; a code that brings nothing is
 * said, and no reason to refuse anybody. Must never: be there in a program whose members sign up elsewhere.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import type { LoadedProgram } from '../../model/program.ts';
import { answer, iso } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { readOwnCode } from '../member/codes.sql.ts';
import { shownReason } from '../member/masks.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { signupAnswer, signupBody } from './buywhere.schemas.ts';
import { type DeveloperRow, readDeveloper } from './buywhere.sql.ts';
import { figuresOf } from './buywhere-figures.ts';
import { type SignedUp, type SignupNeeds, signUp } from './signup.ts';

type Needs = SignupNeeds & Pick<Deps, 'limits'>;

export function signupRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/developers/signup',
      credential: 'none',
      body: 'json',
      summary: 'A new developer, with an optional referral code',
      asks: { body: signupBody },
      answers: signupAnswer,
      statuses: [201],
      refuses: ['not_found', 'email_taken', 'too_many_requests'],
      handle: (req, res) => signup(deps, req, res),
    },
  ];
}

async function signup(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  if (loaded.program.members.signup !== 'embedded') throw new Problem('not_found');
  const given = readBody(req, signupBody);
  await deps.limits.take('signups', loaded.no, networkOf(req.ip ?? ''));
  const { email, password, name, referral_code: referralCode } = given;
  const made = await signUp(deps, loaded, req, { email, password, name, referralCode: referralCode || undefined });
  res.status(201);
  answer(res, signupAnswer, await developerJson(deps, loaded, given, made));
}

async function developerJson(
  deps: Needs,
  loaded: LoadedProgram,
  given: z.output<typeof signupBody>,
  { person, apiKey }: SignedUp,
): Promise<z.input<typeof signupAnswer>> {
  const { knex } = deps.pools;
  const [row, code, figures] = await Promise.all([
    readDeveloper(knex, loaded.no, person.id),
    readOwnCode(knex, loaded.no, person.id),
    figuresOf(deps, loaded, person.id),
  ]);
  if (!row) throw new Error('bug: a member who signed up is not there');
  const isReferred = row.referral_status === 'completed' || row.referral_status === 'pending';
  return {
    id: row.member_id,
    email: given.email,
    name: given.name,
    referred_by: isReferred ? row.referred_by : null,
    referral_code: code,
    referral_credits_earned: figures.vested,
    referral_credits_used: figures.used,
    referral_credits_balance: figures.balance,
    referred_developers_count: figures.completed,
    created_at: iso(row.created_at),
    api_key: apiKey,
    ...(given.referral_code && !isReferred ? { referral: notApplied(row) } : {}),
  };
}

function notApplied({ referral_status: status, referral_reason: reason, claim_outcome: outcome }: DeveloperRow) {
  const shown = (status === null ? outcome : shownReason(status, reason)) ?? 'denied';
  return { applied: false as const, reason: shown, message: 'The referral code was not applied: there is no bonus.' };
}
