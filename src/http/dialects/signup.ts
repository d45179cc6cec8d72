/**
 * Members who sign up here: a login, then the same event by which a product tells of its members, then an API key.
 * Promises: an address signs up once, and a signup that broke off is taken up by the next try; the key is in the answer
 * and nowhere else. Must never: hand the password on, or make a member without a login.
 */
import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { claimLogin, findAddressees, finishLogin } from '../../accounts/logins.sql.ts';
import { createMemberKey } from '../../accounts/member-keys.sql.ts';
import { MEMBER_SCOPES } from '../../accounts/member-keys.ts';
import { hashPassword, SALT_BYTES } from '../../accounts/passwords.ts';
import { API_SOURCE } from '../../engine/read-events.ts';
import { matchEmail } from '../../model/email.ts';
import type { LoadedProgram } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { findMember, type PersonRow } from '../member/persons.sql.ts';
import { Problem } from '../problems.ts';

export type SignupNeeds = Pick<Deps, 'pools' | 'clock' | 'receive' | 'settle' | 'openSecrets' | 'mail'>;

export interface Applicant {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly referralCode: string | undefined;
}

export interface SignedUp {
  readonly person: PersonRow;
  readonly apiKey: string;
}

const ID_BYTES = 9;
const USER_AGENT_MAX = 500;

/** Passwords are hashed one after another: each takes 32 MiB, and the threads are needed for more than this. */
const HASHES_WAITING_MAX = 50;
let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

async function hashInTurn(password: string): Promise<string> {
  if (waiting >= HASHES_WAITING_MAX) throw new Problem('busy', 'Too many people are signing up at this moment');
  waiting++;
  const mine = last.then(() => hashPassword(password, randomBytes(SALT_BYTES)));
  last = mine.catch(() => {}).finally(() => waiting--);
  return await mine;
}

export async function signUp(
  deps: SignupNeeds,
  loaded: LoadedProgram,
  req: Request,
  given: Applicant,
): Promise<SignedUp> {
  const { knex } = deps.pools;
  const { no } = loaded;
  const emailHash = deps.mail.hashOf(loaded, given.email.toLowerCase());
  if (await isAddressKnown(deps, loaded, given.email, emailHash)) throw new Problem('email_taken');
  const password = await hashInTurn(given.password);
  const now = await deps.clock.now();
  const fresh = `dev_${randomBytes(ID_BYTES).toString('hex')}`;
  const memberId = await claimLogin(knex, { programNo: no, emailHash, memberId: fresh, password, now });
  if (!memberId) throw new Problem('email_taken');
  await tell(deps, no, memberId, req, given);
  const person = await findMember(deps.pools, no, memberId);
  if (!person) throw new Error('bug: a member who signed up is not there');
  const { apiKeyPrefix } = loaded.program.members;
  const key = { programNo: no, personId: person.id, apiKeyPrefix, name: 'signup', scopes: MEMBER_SCOPES, now };
  const made = await createMemberKey(knex, key);
  if (!made) throw new Problem('too_many_keys');
  await finishLogin(knex, no, memberId, person.id);
  return { person, apiKey: made.key };
}

/** Somebody whom the product told has this very address. Addresses that only match are for the signals to judge. */
async function isAddressKnown(
  deps: SignupNeeds,
  loaded: LoadedProgram,
  email: string,
  emailHash: string,
): Promise<boolean> {
  const matchHash = deps.mail.hashOf(loaded, matchEmail(email)?.address ?? '');
  const ids = await findAddressees(deps.pools.knex, loaded.no, { matchHash, emailHash });
  const people = await deps.openSecrets(loaded.no, ids);
  return Array.from(people.values()).some((known) => known.email?.trim().toLowerCase() === email.toLowerCase());
}

/** Its effects are committed when this returns. The event has one id for ever, so a second try tells nothing new. */
async function tell(
  deps: SignupNeeds,
  programNo: number,
  memberId: string,
  req: Request,
  given: Applicant,
): Promise<void> {
  const data = {
    member_id: memberId,
    email: given.email,
    name: given.name,
    referral_code: given.referralCode,
    ip: req.ip,
    user_agent: req.get('user-agent')?.slice(0, USER_AGENT_MAX),
  };
  const parsed = { events: [{ type: 'member.created', data }] };
  const { id } = await deps.receive({
    programNo,
    source: API_SOURCE,
    eventId: `signup:${memberId}`,
    type: 'batch',
    occurredAt: undefined,
    body: JSON.stringify(parsed),
    parsed,
    triedOnce: false,
  });
  await deps.settle(programNo, id, 0);
}
