/**
 * The way into the portal by the product's identity provider.
 * Promises: whoever comes back must be the browser that was sent, within minutes, and once; what went wrong is a page.
 * Must never: send anybody to another place than the provider of the program file.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Deps } from '../../http/deps.ts';
import { type BegunSignIn, OidcAway } from '../../http/member/oidc.ts';
import { createSight } from '../../http/member/sight.ts';
import { Problem } from '../../http/problems.ts';
import { programOf, type Route } from '../../http/routes.ts';
import { seeOther } from '../send.ts';
import { cookieOf, openPortal, portalBase } from './session.ts';

const BEGUN_MS = 600_000;
const begunForm = z.object({
  use: z.literal('oidc'),
  program: z.int(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  until: z.int(),
});

/** `say` shows the sign-in page with what went wrong. */
export type SayFailed = (req: Request, res: Response, what: 'failed' | 'away') => void;

export function oidcRoutes(deps: Deps, say: SayFailed): Route[] {
  const common = { method: 'get', credential: 'signature', answers: 'text/html' } as const;
  const sight = createSight(deps);
  return [
    {
      ...common,
      path: '/portal/oidc',
      summary: "Goes to the product's identity provider",
      handle: (req, res) => orAway(req, res, say, () => begin(deps, req, res)),
    },
    {
      ...common,
      path: '/portal/oidc/callback',
      summary: 'Comes back from there',
      handle: (req, res) =>
        orAway(req, res, say, async () => {
          const { program } = programOf(res);
          const begun = takeBegun(deps, req, res);
          const cameTo = new URL(`${redirectUri(deps, req)}${new URL(req.originalUrl, 'http://here').search}`);
          const claims = begun && (await deps.oidc.finish(program, cameTo, begun));
          if (!claims) return say(req, res, 'failed');
          const person = await sight(programOf(res), claims);
          openPortal(deps, req, res, { memberId: person.member_id, orgId: claims.orgId ?? null });
          seeOther(res, portalBase(req));
        }),
    },
  ];
}

async function orAway(req: Request, res: Response, say: SayFailed, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof OidcAway)) throw error;
    say(req, res, 'away');
  }
}

async function begin(deps: Deps, req: Request, res: Response): Promise<void> {
  const { no, program } = programOf(res);
  if (!program.portal.oidc) throw new Problem('not_found');
  const { url, begun } = await deps.oidc.begin(program.portal.oidc, redirectUri(deps, req));
  const kept: z.input<typeof begunForm> = { use: 'oidc', program: no, ...begun, until: Date.now() + BEGUN_MS };
  const { version, sealed } = deps.vault.seal(JSON.stringify(kept));
  const value = `${version}.${sealed.toString('base64url')}`;
  res.cookie(cookieName(no), value, { ...cookieOptions(deps, req), maxAge: BEGUN_MS });
  seeOther(res, url);
}

const cookieName = (programNo: number): string => `plusone_oidc_${programNo}`;

/** Lax: coming back is a visit from another site. */
function cookieOptions({ env }: Pick<Deps, 'env'>, req: Request) {
  const secure = env.publicUrl.startsWith('https:');
  return { httpOnly: true, secure, sameSite: 'lax', path: `${portalBase(req)}/oidc` } as const;
}

/** Where the browser is: at the program's own host, or at ours. It is entered at the provider as it stands here. */
function redirectUri({ env }: Pick<Deps, 'env'>, req: Request): string {
  const origin = req.baseUrl === '' ? `https://${req.hostname}` : env.publicUrl;
  return `${origin}${portalBase(req)}/oidc/callback`;
}

/** It is good for one try. */
function takeBegun(deps: Deps, req: Request, res: Response): BegunSignIn | undefined {
  const { no } = programOf(res);
  const value = cookieOf(req, cookieName(no));
  res.cookie(cookieName(no), '', { ...cookieOptions(deps, req), maxAge: 0 });
  const [, version, sealed] = /^(\d{1,9})\.([\w-]{16,2000})$/.exec(value ?? '') ?? [];
  if (version === undefined || sealed === undefined) return undefined;
  try {
    const kept = begunForm.parse(JSON.parse(deps.vault.open(Number(version), Buffer.from(sealed, 'base64url'))));
    return kept.program === no && kept.until > Date.now() ? kept : undefined;
  } catch {
    return undefined;
  }
}
