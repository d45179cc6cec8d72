/**
 * Members as their tokens name them: made on first sight, brought up to date when a token tells something new.
 * Promises: what a token tells is written at most once by a process, so a request costs no write afterwards, and two
 * tokens that contradict each other do not take turns. Must never: bring back somebody who was deleted, or let an old
 * token make a verified address unverified again.
 */
import { createHash } from 'node:crypto';
import type { Command } from '../../model/commands.ts';
import type { LoadedProgram } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problems.ts';
import { findMember, type PersonRow } from './persons.sql.ts';
import type { TokenClaims } from './tokens.ts';

export type SightNeeds = Pick<Deps, 'pools' | 'submit' | 'openSecret'>;
export type Sight = (loaded: LoadedProgram, claims: TokenClaims) => Promise<PersonRow>;

type Seen = Extract<Command, { command: 'member.seen' }>;

const REMEMBERED_MAX = 50_000;

export function createSight(deps: SightNeeds): Sight {
  const remembered = new Set<string>();
  const remember = (key: string): void => {
    const [oldest] = remembered;
    if (oldest !== undefined && remembered.size >= REMEMBERED_MAX) remembered.delete(oldest);
    remembered.add(key);
  };
  return async (loaded, claims) => {
    const person = await findMember(deps.pools, loaded.no, claims.memberId);
    if (person && (person.deleted_at || person.erased_at)) throw new Problem('unauthorized');
    const key = keyOf(loaded.no, claims);
    if (person && remembered.has(key)) return person;
    const news = await newsOf(deps, loaded.no, person, claims);
    const current = news ? await tell(deps, loaded.no, news) : person;
    remember(key);
    if (!current) throw new Error('bug: a member who was seen is not there');
    return current;
  };
}

function keyOf(programNo: number, claims: TokenClaims): string {
  const { memberId, email, emailVerified, name, orgId } = claims;
  const told = JSON.stringify([programNo, memberId, email, emailVerified, name, orgId]);
  return createHash('sha256').update(told).digest('base64url');
}

/** What the token tells beyond what is known; undefined: nothing. */
async function newsOf(
  deps: SightNeeds,
  programNo: number,
  person: PersonRow | undefined,
  claims: TokenClaims,
): Promise<Seen | undefined> {
  const { memberId, email, emailVerified, name, orgId } = claims;
  if (!person) return { command: 'member.seen', memberId, email, emailVerified, name, orgId };
  const known = await deps.openSecret(programNo, person.id);
  const isOtherEmail = email !== undefined && email !== known?.email;
  const isOtherName = name !== undefined && name !== known?.name;
  const isOtherOrg = orgId !== undefined && orgId !== person.org_id;
  const unverifies = emailVerified === false && person.email_verified === true && !isOtherEmail;
  const verified = unverifies ? undefined : emailVerified;
  const isOtherState = verified !== undefined && verified !== person.email_verified;
  if (!isOtherEmail && !isOtherName && !isOtherOrg && !isOtherState) return undefined;
  return { command: 'member.seen', memberId, email, emailVerified: verified, name, orgId };
}

async function tell(deps: SightNeeds, programNo: number, news: Seen): Promise<PersonRow | undefined> {
  const submitted = await deps.submit(programNo, news);
  if (!submitted.ok) throw new Problem(submitted.code);
  return await findMember(deps.pools, programNo, news.memberId);
}
