/**
 * Registering: a name, an address that is proved by a mailed challenge, and where to pay.
 * Promises: what was kept for an address is owed to its contributor in the very commit that proves it; payout details
 * are sealed, and needed to be paid, not to be attributed. Must never: believe an address that nobody answered from.
 */
import type pg from 'pg';
import { sqlState, withTransaction } from '../db/transaction.ts';
import type { LoadedProgram } from '../model/program.ts';
import { type Challenge, newChallenge, readChallenge, writeChallenge } from './challenge.ts';
import * as sql from './contributors.sql.ts';
import { addPostings, lockProgram, takeIds } from './ledger.sql.ts';
import { claimed } from './postings.ts';
import type { FundKeys } from './run.ts';
import { KEPT_FOR } from './runs.sql.ts';

export interface ContributorPorts {
  readonly pool: pg.Pool;
  readonly keys: FundKeys & {
    readonly challengeKey: (loaded: LoadedProgram) => Buffer;
    readonly reportKey: (loaded: LoadedProgram) => Buffer;
  };
  readonly now: () => Promise<Date>;
  /** Has the challenge mailed; once a day for one contributor to one address. */
  readonly mail: (loaded: LoadedProgram, challenge: MailedChallenge) => Promise<void>;
}

export interface MailedChallenge {
  readonly contributorId: bigint;
  /** Then the challenge is typed in where they are logged in; else the mail has a link. */
  readonly isMember: boolean;
  readonly username: string;
  readonly address: string;
  readonly token: string;
  readonly identity: string;
}

export interface Contributor {
  readonly id: bigint;
  readonly username: string;
  readonly memberId: string | null;
  readonly provedAt: Date | null;
  readonly hasDetails: boolean;
}

/** `by`: a member for themselves, or the operator for anybody; the operator may name whose further address it is. */
export interface Registering {
  readonly username: string;
  readonly address: string;
  readonly by: { readonly memberId: string } | { readonly operator: true; readonly addTo?: bigint | undefined };
}

export type Refusal = 'username_taken' | 'address_taken' | 'challenge_invalid' | 'unknown_contributor';

export class RegisteringRefused extends Error {
  override name = 'RegisteringRefused';
  readonly why: Refusal;
  constructor(why: Refusal) {
    super(why);
    this.why = why;
  }
}

/** As GitHub allows them. */
export const USERNAME = /^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}$/;

interface Row {
  readonly id: bigint;
  readonly github_username: string;
  readonly member_id: string | null;
  readonly proved_at: Date | null;
  readonly details: Buffer | null;
}

const contributorOf = (row: Row): Contributor => ({
  id: row.id,
  username: row.github_username,
  memberId: row.member_id,
  provedAt: row.proved_at,
  hasDetails: row.details !== null,
});

async function one(
  database: Pick<pg.Pool, 'query'>,
  text: string,
  values: unknown[],
): Promise<Contributor | undefined> {
  const { rows } = await database.query<Row>(text, values);
  return rows[0] && contributorOf(rows[0]);
}

export const findByMember = (pool: Pick<pg.Pool, 'query'>, programNo: number, memberId: string) =>
  one(pool, sql.BY_MEMBER, [programNo, memberId]);
export const findById = (pool: Pick<pg.Pool, 'query'>, programNo: number, id: bigint) =>
  one(pool, sql.BY_ID, [programNo, id]);
export const findByUsername = async (pool: Pick<pg.Pool, 'query'>, programNo: number, username: string) =>
  (await one(pool, sql.PROVED_AS, [programNo, username])) ?? (await one(pool, sql.WISHED_AS, [programNo, username]));

/** Says nothing of whether the address is somebody's: only its reader learns that. */
export async function register(
  ports: ContributorPorts,
  loaded: LoadedProgram,
  { username, address, by }: Registering,
): Promise<Contributor> {
  const { pool, keys } = ports;
  const now = await ports.now();
  const plain = address.trim().toLowerCase();
  const identity = keys.hash(loaded, plain);
  const contributor = await wished(pool, loaded.no, { username, by }, now);
  await pool.query(sql.ADD_IDENTITY, [loaded.no, identity, keys.version, now]);
  const challenge = newChallenge(contributor.id, identity, now);
  const token = writeChallenge(keys.challengeKey(loaded), challenge);
  await ports.mail(loaded, {
    ...{ contributorId: contributor.id, username, address: plain, token, identity },
    isMember: contributor.memberId !== null,
  });
  return contributor;
}

async function wished(
  pool: pg.Pool,
  programNo: number,
  { username, by }: Pick<Registering, 'username' | 'by'>,
  now: Date,
): Promise<Contributor> {
  const known = await knownAs(pool, programNo, username, by);
  const memberId = 'memberId' in by ? by.memberId : null;
  if (!known) return (await one(pool, sql.ADD, [programNo, username, memberId, now])) as Contributor;
  if (known.username.toLowerCase() === username.toLowerCase()) return known;
  const renamed = await one(pool, sql.RENAME, [programNo, known.id, username]);
  if (!renamed) throw new RegisteringRefused('username_taken');
  return renamed;
}

/** A name alone ties nobody: it is told by whoever registers, and only the address is proved. */
async function knownAs(
  pool: pg.Pool,
  programNo: number,
  username: string,
  by: Registering['by'],
): Promise<Contributor | undefined> {
  if ('memberId' in by) return await findByMember(pool, programNo, by.memberId);
  const proved = await one(pool, sql.PROVED_AS, [programNo, username]);
  if (by.addTo === undefined) {
    if (proved) throw new RegisteringRefused('username_taken');
    return await one(pool, sql.WISHED_AS, [programNo, username]);
  }
  const named = await one(pool, sql.BY_ID, [programNo, by.addTo]);
  if (!named) throw new RegisteringRefused('unknown_contributor');
  return named;
}

/** Who brings the challenge back: a member, the operator, or (null) whoever opens the link of a mail. */
export type Answering = { readonly memberId: string } | 'operator' | null;

/**
 * The address's mail reached who registered. A member's challenge is taken from that member only: otherwise somebody
 * else could be talked into opening a link that hands their address to whoever asked for it. Safe to repeat.
 */
export async function prove(
  ports: Pick<ContributorPorts, 'pool' | 'keys' | 'now'>,
  loaded: LoadedProgram,
  token: string,
  answering: Answering,
): Promise<Contributor> {
  const now = await ports.now();
  const asked = await challengeOf(ports, loaded, token, answering);
  if (!asked) throw new RegisteringRefused('challenge_invalid');
  try {
    return await withTransaction(ports.pool, (client) => proveIn(client, loaded, asked.challenge, now));
  } catch (error) {
    if (sqlState(error) === '23505') throw new RegisteringRefused('username_taken');
    throw error;
  }
}

/** Whom a challenge asks for, if it may be answered so; nothing is changed. */
export async function challengeOf(
  { pool, keys, now }: Pick<ContributorPorts, 'pool' | 'keys' | 'now'>,
  loaded: LoadedProgram,
  token: string,
  answering: Answering,
): Promise<{ readonly challenge: Challenge; readonly contributor: Contributor } | undefined> {
  const challenge = readChallenge(keys.challengeKey(loaded), token, await now());
  const contributor = challenge && (await findById(pool, loaded.no, challenge.contributorId));
  return contributor && mayAnswer(contributor, answering) ? { challenge, contributor } : undefined;
}

function mayAnswer({ memberId }: Contributor, answering: Answering): boolean {
  return answering === 'operator' || memberId === (answering?.memberId ?? null);
}

async function proveIn(
  client: pg.PoolClient,
  loaded: LoadedProgram,
  { contributorId, identity }: Challenge,
  now: Date,
): Promise<Contributor> {
  const { no } = loaded;
  await lockProgram(client, no);
  const { rowCount } = await client.query(sql.PROVE_IDENTITY, [no, identity, contributorId, now]);
  if (rowCount === 0) {
    const { rows } = await client.query<{ contributor_id: bigint | null }>(sql.OWNER, [no, identity]);
    if (rows[0]?.contributor_id !== contributorId) throw new RegisteringRefused('address_taken');
  } else {
    await client.query(sql.PROVE_CONTRIBUTOR, [no, contributorId, now]);
    await claimKept(client, loaded, { contributorId, identity }, now);
  }
  const proved = await one(client, sql.BY_ID, [no, contributorId]);
  if (!proved) throw new RegisteringRefused('unknown_contributor');
  return proved;
}

async function claimKept(
  client: pg.PoolClient,
  { no }: LoadedProgram,
  { contributorId, identity }: Pick<Challenge, 'contributorId' | 'identity'>,
  now: Date,
): Promise<void> {
  const { rows } = await client.query<{ id: bigint; amount: bigint; unit: string }>(KEPT_FOR, [no, identity]);
  const [first] = rows;
  if (!first) return;
  const nextId = await takeIds(client, rows.length);
  const postings = rows.map(({ id, amount }) => claimed(nextId(), id, contributorId, amount));
  // A fund keeps its currency: all of them have one.
  await addPostings(client, no, first.unit, postings, now);
}

export type Details = Readonly<Record<string, string>>;

/** null takes them away. */
export async function setDetails(
  { pool, keys, now }: Pick<ContributorPorts, 'pool' | 'keys' | 'now'>,
  { no }: LoadedProgram,
  contributorId: bigint,
  details: Details | null,
  actor: string,
): Promise<void> {
  const sealed = details === null ? null : keys.seal(no, JSON.stringify(details));
  const version = details === null ? null : keys.version;
  await pool.query(sql.SET_DETAILS, [no, contributorId, version, sealed, actor, await now()]);
}

export interface Listed extends Contributor {
  readonly addresses: number;
  readonly owed: bigint;
  readonly paid: bigint;
}

export async function listContributors(
  pool: Pick<pg.Pool, 'query'>,
  programNo: number,
  contributorId: bigint | null = null,
): Promise<Listed[]> {
  const { rows } = await pool.query<Row & { addresses: number; owed: bigint; paid: bigint }>(sql.LIST, [
    programNo,
    contributorId,
  ]);
  return rows.map((row) => ({ ...contributorOf(row), addresses: row.addresses, owed: row.owed, paid: row.paid }));
}
