/**
 * Who is signed in to a portal: by a link of the product, by the member's token, by a mailed link; then by a cookie.
 * Promises: the cookie is good for an hour of use and for this program only; a write comes from our own page; whoever is
 * gone is out at once. Must never: keep the member's token, or put it into an address.
 */
import type { Request, Response } from 'express';
import { MEMBER_SCOPES } from '../../accounts/member-keys.ts';
import { isOwnPage } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import type { Acting } from '../../http/member/bearer.ts';
import { findMember } from '../../http/member/persons.sql.ts';
import { type Bearer, readPortalToken, writePortalToken } from '../../http/portal-tokens.ts';
import { Problem } from '../../http/problems.ts';
import { type Guards, programOf } from '../../http/routes.ts';
import type { Program } from '../../model/program.ts';
import { seeOther } from '../send.ts';

type Needs = Pick<Deps, 'pools' | 'vault' | 'env'>;

const SESSION_MS = 3_600_000;
/** The cookie is written anew when so much of its time is over. */
const RENEWED_MS = SESSION_MS / 4;

const cookieName = (programNo: number): string => `plusone_portal_${programNo}`;

export function portalBase(req: Request): string {
  return `${req.baseUrl}/portal`;
}

export function openPortal({ vault, env }: Needs, req: Request, res: Response, bearer: Bearer): void {
  const { no, program } = programOf(res);
  const until = new Date(Date.now() + SESSION_MS);
  const token = writePortalToken(vault, { use: 'session', programNo: no }, bearer, until);
  res.cookie(cookieName(no), token, { ...cookieOptions(env.publicUrl, program, req), maxAge: SESSION_MS });
}

export function closePortal({ env }: Needs, req: Request, res: Response): void {
  const { no, program } = programOf(res);
  res.cookie(cookieName(no), '', { ...cookieOptions(env.publicUrl, program, req), maxAge: 0 });
}

/** In a frame of the product's page it is a third party's cookie, and kept apart for each such page. */
function cookieOptions(publicUrl: string, { portal }: Program, req: Request) {
  const secure = publicUrl.startsWith('https:');
  const isFramed = secure && portal.frameAncestors.length > 0;
  return {
    httpOnly: true,
    secure,
    path: portalBase(req),
    sameSite: isFramed ? 'none' : 'lax',
    partitioned: isFramed,
  } as const;
}

export function portalGuards(deps: Needs, guards: Guards): Guards {
  return (credential) => {
    if (credential !== 'member:read' && credential !== 'member:write') return guards(credential);
    return async (req, res, next) => {
      const acting = await actingOf(deps, req, res);
      if (!acting) return seeOther(res, `${portalBase(req)}/sign-in`);
      if (req.method !== 'GET' && !isOwnPage(req)) throw new Problem('cross_site');
      res.locals.acting = acting;
      next();
    };
  };
}

async function actingOf(deps: Needs, req: Request, res: Response): Promise<Acting | undefined> {
  const { no } = programOf(res);
  const token = cookieOf(req, cookieName(no));
  const now = new Date();
  const bearer =
    token === undefined ? undefined : readPortalToken(deps.vault, { use: 'session', programNo: no }, token, now);
  const person = bearer && (await findMember(deps.pools, no, bearer.memberId));
  if (!bearer || !person || person.deleted_at || person.erased_at) return undefined;
  const isOld = !readPortalToken(
    deps.vault,
    { use: 'session', programNo: no },
    token ?? '',
    new Date(now.getTime() + SESSION_MS - RENEWED_MS),
  );
  if (isOld) openPortal(deps, req, res, bearer);
  return { by: 'token', personId: person.id, memberId: person.member_id, orgId: bearer.orgId, scopes: MEMBER_SCOPES };
}

export function cookieOf(req: Request, name: string): string | undefined {
  const named = (req.headers.cookie ?? '').split(';').map((each) => each.trim());
  const values = named.filter((each) => each.startsWith(`${name}=`)).map((each) => each.slice(name.length + 1));
  const [only] = values.length === 1 ? values : [];
  return only === undefined || !/^[\w.-]+$/.test(only) ? undefined : only;
}
