/**
 * A member has friends invited by mail: the use case behind POST /me/invites and the dialects.
 * Promises: one address of a program is invited once, by whomever; the database's unique index decides between two at
 * the same time. Must never: tell whether an address is a member's or has unsubscribed: both are answered like any
 * other, and the mail is left out when its turn comes.
 */
import * as z from 'zod';
import { type Invitation, invitation } from '../../mail/templates/invitation.ts';
import { matchEmail } from '../../model/email.ts';
import { type LoadedProgram, type Program, referralUrl } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problems.ts';
import { type InviterRow, readInviter } from './invites.sql.ts';
import { amountText, refereeAmount } from './share.ts';

export type InviteNeeds = Pick<Deps, 'pools' | 'clock' | 'limits' | 'mail' | 'openSecret'>;

/**
 * sent: on its way. already_invited: before, by anybody, or twice in this list. invalid: no address. own_address: the
 * member's own. limit_reached: no room left today.
 */
export const INVITE_STATUSES = ['sent', 'already_invited', 'invalid', 'own_address', 'limit_reached'] as const;

export interface InviteResult {
  /** As given. */
  readonly email: string;
  readonly status: (typeof INVITE_STATUSES)[number];
}

/** Why somebody may not invite at all. */
export const INVITE_REFUSALS = [
  'not_found',
  'no_code',
  'code_suspended',
  'code_expired',
  'code_used_up',
  'too_many_requests',
] as const;

const DAY_MS = 86_400_000;
const NOTE_MAX = 1000;

export const inviteNote = z
  .string()
  .trim()
  .max(NOTE_MAX)
  .regex(/^[^\0]*$/, 'contains a NUL')
  .nullish()
  .describe('a personal word, as plain text');

interface Candidate {
  readonly address: string;
  readonly hash: string;
  readonly key: string;
}

/**
 * One result for each address, in their order. Throws one of INVITE_REFUSALS when the member may not invite at all;
 * too_many_requests when there is no room for a single address.
 */
export async function inviteByMail(
  deps: InviteNeeds,
  loaded: LoadedProgram,
  personId: bigint,
  emails: readonly string[],
  note?: string,
): Promise<InviteResult[]> {
  const { no, program } = loaded;
  if (program.invites.perDay === 0) throw new Problem('not_found', 'The program sends no invitations');
  const now = await deps.clock.now();
  const since = new Date(now.getTime() - DAY_MS);
  const inviter = await readInviter(deps.pools.knex, no, personId, { now, since });
  const code = liveCode(inviter);
  const judged = emails.map((email) => judge(deps, loaded, inviter, email));
  const fresh = await newOnes(deps, no, judged);
  const room = await takeRoom(deps, loaded, personId, leftOf(program, inviter, since, fresh.length));
  const taken = fresh.slice(0, room);
  const known = await deps.openSecret(no, personId);
  const shared = sharedPart(loaded, known?.name ?? null, code, note);
  const planned = await deps.mail.plan(
    loaded,
    'invitation',
    personId,
    taken.map((to) => ({
      key: to.key,
      to,
      letter: invitation({ ...shared, unsubscribeUrl: deps.mail.unsubscribeUrl(loaded, to.hash) }),
    })),
  );
  const left = new Set(fresh.slice(room));
  const sent = new Set(taken.filter(({ key }) => planned.has(key)));
  return emails.map((email, index) => {
    const each = judged[index];
    if (typeof each !== 'object') return { email, status: each ?? 'invalid' };
    return { email, status: sent.has(each) ? 'sent' : left.has(each) ? 'limit_reached' : 'already_invited' };
  });
}

/** The code that invitations carry; whoever has none that works invites nobody. */
function liveCode(inviter: InviterRow | undefined): string {
  if (!inviter) throw new Error('bug: a member who invites is not there');
  if (inviter.is_suspended) throw new Problem('code_suspended');
  if (inviter.code === null) throw new Problem('no_code');
  if (inviter.is_expired) throw new Problem('code_expired');
  if (inviter.is_used_up) throw new Problem('code_used_up');
  return inviter.code;
}

const address = z.email().max(254);

/** Addresses are compared as they are matched: whoever has unsubscribed has done so for all their plus tags. */
function judge(
  { mail }: InviteNeeds,
  loaded: LoadedProgram,
  inviter: InviterRow | undefined,
  email: string,
): Candidate | 'invalid' | 'own_address' {
  const parsed = address.safeParse(email.trim());
  const matched = parsed.success ? matchEmail(parsed.data) : undefined;
  if (!parsed.success || !matched) return 'invalid';
  const hash = mail.hashOf(loaded, matched.address);
  if (hash === inviter?.email_hash) return 'own_address';
  return { address: parsed.data, hash, key: `invitation:${hash}` };
}

/** Each address once, and only those that nobody has invited yet. */
async function newOnes(
  { mail }: InviteNeeds,
  programNo: number,
  judged: readonly (Candidate | string)[],
): Promise<Candidate[]> {
  const candidates = new Map<string, Candidate>();
  for (const each of judged) {
    if (typeof each === 'object' && !candidates.has(each.key)) candidates.set(each.key, each);
  }
  const known = await mail.known(programNo, Array.from(candidates.keys()));
  return Array.from(candidates.values()).filter(({ key }) => !known.has(key));
}

/** As many of `wanted` as the day has left, with what was sent by whoever has turned out to be the same person. */
function leftOf({ invites }: Program, inviter: InviterRow | undefined, since: Date, wanted: number): number {
  const left = invites.perDay - (inviter?.invited ?? 0);
  if (wanted === 0) return 0;
  if (left > 0) return Math.min(wanted, left);
  const wait = (inviter?.invited_from ?? since).getTime() - since.getTime();
  throw new Problem('too_many_requests', { headers: { 'Retry-After': String(Math.max(1, Math.ceil(wait / 1000))) } });
}

/** How many may be invited now: the member's own day first, then the program's. */
async function takeRoom(
  { limits }: InviteNeeds,
  { no, program: { invites } }: LoadedProgram,
  personId: bigint,
  wanted: number,
): Promise<number> {
  if (wanted === 0) return 0;
  const who = String(personId);
  const own = await limits.takeSome('invites', no, who, wanted, invites.perDay);
  const room = await limits
    .takeSome('program_invites', no, 'all', own, invites.programPerDay)
    .catch(async (error: unknown) => {
      await limits.giveBack('invites', no, who, own);
      throw error;
    });
  await limits.giveBack('invites', no, who, own - room);
  return room;
}

function sharedPart(
  { program }: LoadedProgram,
  inviter: string | null,
  code: string,
  note: string | undefined,
): Omit<Invitation, 'unsubscribeUrl'> {
  const amount = refereeAmount(program);
  return {
    program,
    inviter,
    code,
    url: referralUrl(program, code),
    amount: amount === undefined ? '' : amountText(amount, program.unit, program.language),
    note,
  };
}
