/**
 * Who acts on the admin API: the admin token, which machines hold, or a named admin by the cookie of their session.
 * Promises: a role is read anew at each request, so what was taken away is gone at once; a write by cookie comes from
 * our own pages or is refused. Must never: take a cookie where a bearer was sent, or tell an ended session from none.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { findSession, type SessionRow } from '../accounts/admin-sessions.sql.ts';
import { type AdminRole, hashSession, mayAct } from '../accounts/admin-users.ts';
import type { Deps } from './deps.ts';
import { Problem } from './problems.ts';
import type { AdminCredential } from './routes.ts';
import { bearerOf } from './server-key.ts';

export type AdminNeeds = Pick<Deps, 'adminToken' | 'pools' | 'env'>;

export interface Session extends SessionRow {
  readonly hash: Buffer;
}

export interface Admin {
  /** As the audit log names them: `admin` for the token, else the user's id. */
  readonly actor: string;
  readonly role: AdminRole;
  /** undefined: the admin token. */
  readonly session: Session | undefined;
}

const TOKEN: Admin = { actor: 'admin', role: 'owner', session: undefined };

const NEEDED: Readonly<Record<AdminCredential, AdminRole>> = {
  'admin:read': 'viewer',
  'admin:self': 'viewer',
  'admin:moderate': 'moderator',
  admin: 'owner',
};

export function adminGuards(deps: AdminNeeds): (credential: AdminCredential) => RequestHandler {
  if (deps.adminToken === '') throw new Error('the admin token is empty');
  const expected = digest(deps.adminToken);
  return (credential) => async (req, res, next) => {
    const admin = req.headers.authorization === undefined ? await bySession(deps, req) : byToken(req, expected);
    refuseBelow(credential, admin);
    res.locals.admin = admin;
    next();
  };
}

export function refuseBelow(credential: AdminCredential, admin: Admin): void {
  if (!mayAct(admin.role, NEEDED[credential])) throw new Problem('insufficient_role');
  if (credential === 'admin:self' && !admin.session) throw new Problem('session_required');
}

/** undefined: it is another token. */
export function adminByToken({ adminToken }: Pick<AdminNeeds, 'adminToken'>, given: string): Admin | undefined {
  return timingSafeEqual(digest(given), digest(adminToken)) ? TOKEN : undefined;
}

/** Who passed the guard of this admin route. */
export function adminOf(res: Response): Admin {
  const admin = res.locals.admin as Admin | undefined;
  if (!admin) throw new Error('bug: a route of the admin API was mounted without its guard');
  return admin;
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

function byToken(req: Request, expected: Buffer): Admin {
  if (!timingSafeEqual(digest(bearerOf(req)), expected)) throw new Problem('unauthorized');
  return TOKEN;
}

async function bySession(deps: AdminNeeds, req: Request): Promise<Admin> {
  const session = await sessionOf(deps, req);
  if (!session) throw new Problem('unauthorized');
  if (req.method !== 'GET' && req.method !== 'HEAD' && !isOwnPage(req)) throw new Problem('cross_site');
  return { actor: session.user_id, role: session.role, session };
}

/** The live session whose cookie the request carries. */
export async function sessionOf(deps: Pick<AdminNeeds, 'pools' | 'env'>, req: Request): Promise<Session | undefined> {
  const token = cookieOf(req, sessionCookie(deps.env.publicUrl).name);
  if (token === undefined) return undefined;
  const hash = hashSession(token);
  const row = await findSession(deps.pools.knex, hash);
  return row && { ...row, hash };
}

/** Of two with one name, neither is taken: one of them was planted. */
function cookieOf(req: Request, name: string): string | undefined {
  const named = (req.headers.cookie ?? '').split(';').map((each) => each.trim());
  const values = named.filter((each) => each.startsWith(`${name}=`)).map((each) => each.slice(name.length + 1));
  return values.length === 1 && /^[\w-]{43}$/.test(values[0] as string) ? values[0] : undefined;
}

/** Browsers keep a `__Host-` cookie only when it came by https, so on plain http it has its name without. */
export function sessionCookie(publicUrl: string): { readonly name: string; readonly secure: boolean } {
  const secure = publicUrl.startsWith('https:');
  return { name: secure ? '__Host-plusone_session' : 'plusone_session', secure };
}

/** What the browser itself says about where the request came from; without a word of it, it did not come from our pages. */
export function isOwnPage(req: Request): boolean {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = req.get('origin');
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === req.get('host');
}

/** Signing in carries no cookie yet: what is no browser may, and of browsers our own pages. */
export function mayBeOwnPage(req: Request): boolean {
  const isBrowser = req.get('sec-fetch-site') !== undefined || req.get('origin') !== undefined;
  return !isBrowser || isOwnPage(req);
}
