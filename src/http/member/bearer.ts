/**
 * Who acts on the member API: a member by their token or API key, or a server key in a member's name.
 * Promises: what a credential may not do is 403, what is none is 401; whoever was deleted is nobody. Must never: let a
 * key of one member name another; only server keys name a member.
 */
import type { Request, RequestHandler, Response } from 'express';
import { hashKey, type KeyScope, looksLikeKey } from '../../accounts/keys.ts';
import { findMemberKey, noteMemberKeyUse } from '../../accounts/member-keys.sql.ts';
import { looksLikeMemberKey, MEMBER_SCOPES, type MemberScope } from '../../accounts/member-keys.ts';
import type { LoadedProgram } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problems.ts';
import { letProductRead } from '../product-origin.ts';
import { type MemberCredential, programOf } from '../routes.ts';
import { bearerOf, checkServerKey } from '../server-key.ts';
import { IntrospectionAway } from './introspection.ts';
import { KeysAway } from './jwks.ts';
import { findMember, type PersonRow, readPerson } from './persons.sql.ts';
import { createSight, type Sight, type SightNeeds } from './sight.ts';

export type BearerNeeds = SightNeeds & Pick<Deps, 'clock' | 'tokens'>;

export interface Acting {
  readonly by: 'token' | 'member_key' | 'server_key';
  readonly personId: bigint;
  readonly memberId: string;
  /** The organization that lists of other people are limited to; null: none. */
  readonly orgId: string | null;
  /** What may be handed on to a key that this credential makes. */
  readonly scopes: readonly MemberScope[];
}

/** The header by which a server key names the member it acts for. */
export const ACTS_FOR = 'Plusone-Member';

const NEEDED: Readonly<Record<MemberCredential, { readonly member: MemberScope; readonly server: KeyScope }>> = {
  'member:read': { member: 'read', server: 'members:read' },
  'member:write': { member: 'links', server: 'members:write' },
  'program:read': { member: 'read', server: 'members:read' },
  lookup: { member: 'read', server: 'members:read' },
};

export function memberGuards(deps: BearerNeeds): (credential: MemberCredential) => RequestHandler {
  const sight = createSight(deps);
  return (credential) => async (req, res, next) => {
    const loaded = programOf(res);
    const isOpen = credential === 'lookup' && loaded.program.code.lookup === 'public';
    // A signup page asks before there is anybody to sign in.
    if (isOpen) letProductRead(req, res);
    else res.locals.acting = await actingOf(deps, sight, loaded, req, credential);
    next();
  };
}

/** The member for whom the request is; only on routes of `member:read` and `member:write`. */
export function actingMember(res: Response): Acting {
  const acting = actingIfAny(res);
  if (!acting) throw new Error('bug: a route without a member asks for one');
  return acting;
}

export function actingIfAny(res: Response): Acting | undefined {
  return res.locals.acting as Acting | undefined;
}

async function actingOf(
  deps: BearerNeeds,
  sight: Sight,
  loaded: LoadedProgram,
  req: Request,
  credential: MemberCredential,
): Promise<Acting | undefined> {
  const token = bearerOf(req);
  const needed = NEEDED[credential];
  const prefix = loaded.program.members.apiKeyPrefix;
  const byKey = looksLikeMemberKey(prefix, token) ? await byMemberKey(deps, loaded, token, needed.member) : undefined;
  if (byKey) return byKey;
  if (looksLikeKey(token)) {
    await checkServerKey(deps, loaded.no, token, needed.server);
    const needsMember = credential === 'member:read' || credential === 'member:write';
    return needsMember || req.get(ACTS_FOR) !== undefined ? await byServerKey(deps, loaded, req) : undefined;
  }
  const claims = await deps.tokens.read(loaded.program, token).catch((error: unknown) => {
    throw away(error) ?? error;
  });
  if (!claims) throw new Problem('unauthorized');
  const person = await sight(loaded, claims);
  return asActing(person, { by: 'token', orgId: claims.orgId ?? null, scopes: MEMBER_SCOPES });
}

function away(error: unknown): Problem | undefined {
  if (error instanceof KeysAway)
    return new Problem('unavailable', 'The keys that tokens are checked with cannot be fetched');
  if (error instanceof IntrospectionAway)
    return new Problem('unavailable', 'Whoever knows the product’s API keys does not answer');
  return undefined;
}

async function byMemberKey(
  { pools, clock }: BearerNeeds,
  loaded: LoadedProgram,
  token: string,
  scope: MemberScope,
): Promise<Acting | undefined> {
  const key = await findMemberKey(pools.knex, loaded.no, hashKey(token));
  if (!key) return undefined;
  const person = key.revokedAt ? undefined : await readPerson(pools.knex, loaded.no, key.personId);
  if (!person || isGone(person)) throw new Problem('unauthorized');
  if (!key.scopes.includes(scope)) throw new Problem('insufficient_scope', `The key needs the scope ${scope}`);
  await noteMemberKeyUse(pools.knex, key, await clock.now());
  return asActing(person, { by: 'member_key', orgId: person.org_id, scopes: key.scopes });
}

async function byServerKey({ pools }: BearerNeeds, loaded: LoadedProgram, req: Request): Promise<Acting> {
  const memberId = namedMember(req);
  const person = await findMember(pools, loaded.no, memberId);
  if (!person || isGone(person)) throw new Problem('unknown_member');
  return asActing(person, { by: 'server_key', orgId: person.org_id, scopes: MEMBER_SCOPES });
}

/** Node reads header bytes as Latin-1; ids beyond that come as UTF-8. */
function namedMember(req: Request): string {
  const given = Buffer.from(req.get(ACTS_FOR) ?? '', 'latin1')
    .toString('utf8')
    .trim();
  if (given === '') throw new Problem('member_required');
  return given;
}

function isGone(person: PersonRow): boolean {
  return person.deleted_at !== null || person.erased_at !== null;
}

function asActing(person: PersonRow, rest: Pick<Acting, 'by' | 'orgId' | 'scopes'>): Acting {
  return { personId: person.id, memberId: person.member_id, ...rest };
}
