/**
 * One member: who they are, what they have, whom they brought; and what an admin may set.
 * Promises: a change is a command to the engine, with its audit row. Must never: find a member without the program;
 * the same id means another person in another program.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import type { Command } from '../../model/commands.ts';
import { formatPercent, parsePercent } from '../../model/money.ts';
import { type LoadedProgram, type Program, referralUrl } from '../../model/program.ts';
import { SUSPENSION_REASONS } from '../../model/suspensions.ts';
import { adminOf } from '../admin-auth.ts';
import { answer, type Sent } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { exportPerson, personExport } from '../export.ts';
import { integer, readBody, readQuery, text, writeId } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import * as sql from './members.sql.ts';
import { member } from './schemas.ts';

export type MemberNeeds = Pick<Deps, 'pools' | 'programs' | 'openSecret' | 'countBig'>;
type Needs = MemberNeeds & Pick<Deps, 'submit' | 'mail' | 'providers'>;

export const programQuery = z.object({ program: text(100) });

const rate = z.string().refine(isPercent, 'is not a percentage such as "7.5%"').describe('such as "7.5%"');
const patchBody = z
  .strictObject({
    rate: rate.nullish(),
    tier: text(100).nullish(),
    suspended: z
      .union([
        z.boolean(),
        z
          .strictObject({ reason: z.enum(SUSPENSION_REASONS), note: text(5000).nullish() })
          .meta({ id: 'SuspensionOrder', examples: [{ reason: 'incentive_abuse', note: 'paid for signups' }] }),
      ])
      .nullish()
      .describe('takes what is pending; false or null lifts it, and gives back what it took'),
    suspended_reason: text(1000).nullish().describe('in your own words, where `suspended` is true'),
    note: text(5000).nullish(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing to change')
  .meta({
    id: 'MemberPatch',
    examples: [{ rate: '7.5%', note: 'speaks at conferences' }],
    description: 'at least one; null takes it away',
  });

function isPercent(value: string): boolean {
  try {
    parsePercent(value);
    return true;
  } catch {
    return false;
  }
}

export function memberRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/members/:id',
      credential: 'admin:read',
      summary: 'A member: who they are, what they have, whom they brought',
      asks: { query: programQuery },
      answers: member,
      refuses: ['unknown_program', 'unknown_member'],
      handle: async (req, res) => answer(res, member, await memberJson(deps, programIn(deps, req), param(req, 'id'))),
    },
    {
      method: 'get',
      path: '/members/:id/export',
      // All about a person at once, to hand over: more than looking somebody up.
      credential: 'admin',
      summary: 'Everything that is known about a person, for them to have',
      asks: { query: programQuery },
      answers: personExport,
      refuses: ['unknown_program', 'unknown_member'],
      handle: async (req, res) => {
        res.setHeader('Cache-Control', 'no-store');
        answer(res, personExport, await exportPerson(deps, programIn(deps, req), param(req, 'id')));
      },
    },
    {
      method: 'patch',
      path: '/members/:id',
      credential: 'admin:moderate',
      body: 'json',
      summary: 'An individual rate, a tier, a suspension, a note',
      description: 'Rate and tier are an owner’s to set.',
      asks: { query: programQuery, body: patchBody },
      answers: member,
      refuses: ['unknown_program', 'unknown_member', 'member_erased'],
      handle: (req, res) => patch(deps, req, res),
    },
  ];
}

export function programIn({ programs }: MemberNeeds, req: Request): LoadedProgram {
  const loaded = programs.byName(readQuery(req, programQuery).program);
  if (!loaded) throw new Problem('unknown_program');
  return loaded;
}

async function patch(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programIn(deps, req);
  const memberId = param(req, 'id');
  const body = readBody(req, patchBody);
  if (body.tier && !loaded.program.tiers.some((tier) => tier.name === body.tier)) {
    throw new Problem('invalid_request', { errors: [{ field: 'tier', reason: 'is no tier of this program' }] });
  }
  const { actor, role } = adminOf(res);
  if ((body.rate !== undefined || body.tier !== undefined) && !mayAct(role, 'owner'))
    throw new Problem('insufficient_role');
  const { rate: newRate, tier, suspended, suspended_reason: words, note } = body;
  const order = typeof suspended === 'object' && suspended !== null ? suspended : undefined;
  const command: Command = {
    command: 'member.patch',
    memberId,
    actor,
    rate: newRate,
    tier,
    suspended: order ? true : suspended === null ? false : (suspended as boolean | undefined),
    suspendedReason: order?.reason ?? words,
    suspendedDetail: order?.note ?? null,
    note,
  };
  const submitted = await deps.submit(loaded.no, command);
  if (!submitted.ok) throw new Problem(submitted.code);
  answer(res, member, await memberJson(deps, loaded, memberId));
}

type MemberJson = Sent<z.input<typeof member>>;

export async function memberJson(deps: MemberNeeds, loaded: LoadedProgram, memberId: string): Promise<MemberJson> {
  const { facts, referrals, rewards } = await readMember(deps, loaded, memberId);
  const counts = await Promise.all([deps.countBig(...referrals), deps.countBig(...rewards)]);
  return { ...facts, ...memberCounts(...counts) };
}

export function memberCounts(
  referrals: sql.ReferralCounts,
  rewards: Awaited<ReturnType<typeof sql.countMemberRewards>>,
) {
  return { referrals, rewards: rewards.map((each) => ({ ...each, amount: integer(each.amount) })) };
}

/** `facts`: all that takes no counting. The others, for `countBig`: of a large referrer they take a while. */
export async function readMember(
  { pools, openSecret }: Omit<MemberNeeds, 'countBig'>,
  { no, program }: LoadedProgram,
  memberId: string,
) {
  const row = await sql.readMember(pools.knex, no, memberId);
  if (!row) throw new Problem('unknown_member');
  const where = [pools.knex, no, row.id] as const;
  const [codes, seen, balances, secret] = await Promise.all([
    sql.readCodes(...where),
    sql.readSeenCodes(...where),
    sql.readBalances(...where),
    openSecret(no, row.id),
  ]);
  const facts = {
    program: program.program,
    member_id: row.member_id,
    aliases: row.aliases.filter((alias) => alias !== row.member_id),
    customers: row.customers,
    email: secret?.email ?? null,
    email_verified: row.email_verified,
    name: secret?.name ?? null,
    org_id: row.org_id,
    created_at: row.created_at,
    signed_up_at: row.signed_up_at,
    first_paid_at: row.first_paid_at,
    deleted_at: row.deleted_at,
    erased_at: row.erased_at,
    erasure_done_at: row.erasure_done_at,
    rate: row.rate === null ? null : formatPercent(row.rate),
    tier: row.tier,
    suspended: row.suspended_at !== null,
    suspended_at: row.suspended_at,
    suspended_reason: row.suspended_reason,
    note: row.note,
    referred_by: referredBy(row),
    codes_seen: seen.map(({ event_id: id, ...each }) => ({
      ...each,
      event_id: id === null ? null : writeId('ev', id),
    })),
    ...shared(program, codes),
    codes,
    balances: balances.map((each) => ({ ...each, balance: integer(each.balance) })),
  } satisfies Omit<MemberJson, 'referrals' | 'rewards'>;
  return {
    facts,
    referrals: [`referrals ${no} ${row.id}`, row.referees, () => sql.countReferrals(...where)],
    rewards: [`rewards ${no} ${row.id}`, row.referees, () => sql.countMemberRewards(...where)],
  } as const;
}

/** The member's own code, and the link that brings it to the signup page. */
function shared(
  program: Program,
  codes: Awaited<ReturnType<typeof sql.readCodes>>,
): { code: string | null; url: string | null } {
  const code = codes.find((each) => each.kind === 'primary' && each.revoked_at === null)?.code ?? null;
  return { code, url: code === null ? null : referralUrl(program, code) };
}

function referredBy(row: sql.MemberRow) {
  const { referral_status: status, referral_reason: reason, referral_code: code, referral_created_at: at } = row;
  if (row.referred_by === null || status === null || at === null) return null;
  const { referral_carrier: carrier, referral_evidence: evidence } = row;
  return { member_id: row.referred_by, code, status, reason, created_at: at, carrier, evidence: [...(evidence ?? [])] };
}
