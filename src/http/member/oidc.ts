/**
 * Signing in to the portal by the product's own identity provider: authorization code with PKCE (OpenID Connect).
 * Promises: only through the guarded way out; state, nonce and verifier are new for each sign-in, and the ID token's
 * signature, issuer, audience, nonce and time are checked. Must never: take who somebody is from an address or a cookie,
 * or tell why a sign-in failed.
 */
import * as oidc from 'openid-client';
import type { Http } from '../../delivery/egress.ts';
import type { OidcConfig, Program } from '../../model/program.ts';
import { claimsOf, type TokenClaims } from './tokens.ts';

/** The provider cannot be asked at the moment. */
export class OidcAway extends Error {}

/** What a browser has to bring back, in a cookie that only we can read. */
export interface BegunSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface OidcSignIn {
  /** Where the browser goes, to come back to `redirectUri`. Rejects OidcAway. */
  begin(config: OidcConfig, redirectUri: string): Promise<{ readonly url: string; readonly begun: BegunSignIn }>;
  /** Who came back; undefined: the provider said no, or what it said is not right. Rejects OidcAway. */
  finish(program: Program, cameTo: URL, begun: BegunSignIn): Promise<TokenClaims | undefined>;
}

export interface OidcOptions {
  readonly http: Pick<Http, 'send'>;
  /** Milliseconds that only go forward. */
  readonly elapsed?: () => number;
}

/** What the provider says of itself is asked for again after this. */
const KEPT_MS = 3_600_000;
const TIMEOUT_S = 5;
const BYTES_MAX = 256 * 1024;

interface Kept {
  readonly at: number;
  readonly client: Promise<oidc.Configuration>;
}

export function createOidcSignIn({ http, elapsed = () => performance.now() }: OidcOptions): OidcSignIn {
  const kept = new WeakMap<OidcConfig, Kept>();
  const clientOf = (config: OidcConfig): Promise<oidc.Configuration> => {
    const known = kept.get(config);
    if (known && elapsed() - known.at < KEPT_MS) return known.client;
    const client = discover(http, config);
    kept.set(config, { at: elapsed(), client });
    client.catch(() => kept.delete(config));
    return client;
  };
  return {
    begin: async (config, redirectUri) => {
      const client = await clientOf(config);
      const begun = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(client, {
        redirect_uri: redirectUri,
        scope: config.scope,
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, begun };
    },
    finish: async ({ portal, auth }, cameTo, { state, nonce, verifier }) => {
      if (!portal.oidc) return undefined;
      const client = await clientOf(portal.oidc);
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      try {
        const claims = (await oidc.authorizationCodeGrant(client, cameTo, checks)).claims();
        return claims && claimsOf(claims, auth.orgClaim);
      } catch (error) {
        if (isAway(error)) throw new OidcAway('the identity provider is away');
        return undefined;
      }
    },
  };
}

async function discover(http: Pick<Http, 'send'>, config: OidcConfig): Promise<oidc.Configuration> {
  const issuer = new URL(config.issuer);
  // What may be reached by plain http is judged by the way out.
  const execute = [
    oidc.enableNonRepudiationChecks,
    ...(issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
  ];
  const options = { execute, timeout: TIMEOUT_S, [oidc.customFetch]: fetchBy(http) };
  const proof = config.clientSecret === undefined ? oidc.None() : undefined;
  try {
    return await oidc.discovery(issuer, config.clientId, config.clientSecret, proof, options);
  } catch {
    throw new OidcAway('the identity provider cannot be read');
  }
}

function fetchBy(http: Pick<Http, 'send'>): oidc.CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const answer = await http.send({
      url,
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      body: body === undefined || body === null ? undefined : String(body),
      signal: signal ?? AbortSignal.timeout(TIMEOUT_S * 1000),
      bodyBytesMax: BYTES_MAX,
      fresh: true,
    });
    if (answer.kind !== 'answered' || answer.status >= 500) throw new OidcAway('the identity provider does not answer');
    return new Response(isBodiless(answer.status) ? null : answer.body, {
      status: answer.status,
      headers: { ...answer.headers },
    });
  };
}

const isBodiless = (status: number): boolean => [204, 205, 304].includes(status);

/** Also where the library has put it into an error of its own. */
function isAway(error: unknown): boolean {
  if (error instanceof OidcAway) return true;
  return error instanceof Error && error.cause !== undefined && isAway(error.cause);
}
