/**
 * A member's token: who it says they are, if it is good; what is no JWT of ours the product may know as its API key.
 * Promises: the algorithm is pinned by the program file (a secret: HS256; public keys: asymmetric ones only, by their
 * keys); `exp` and `sub` must be there, with public keys also the issuer and audience; the real clock. Must never:
 * believe the token about its own algorithm or key, or tell why a token was refused.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import { matchEmail } from '../../model/email.ts';
import type { JwtConfig, Program } from '../../model/program.ts';
import type { Introspect } from './introspection.ts';
import { type Jwks, KeysAway } from './jwks.ts';

/** What a token tells of its member; what is not as it should be is left out. */
export interface TokenClaims {
  readonly memberId: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean | undefined;
  readonly name: string | undefined;
  readonly orgId: string | undefined;
}

export interface MemberTokens {
  /** undefined: not a good token of this program. Rejects KeysAway or IntrospectionAway when nothing is there to check it with. */
  read(program: Program, token: string): Promise<TokenClaims | undefined>;
}

/** No HS*: a public key must never be taken for a shared secret. */
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const ID_MAX = 255;
const NAME_MAX = 200;
const EMAIL_MAX = 320;

export function createMemberTokens(jwks: Jwks, introspect: Introspect): MemberTokens {
  const secrets = new WeakMap<JwtConfig, KeyObject>();
  const secretOf = (config: Extract<JwtConfig, { kind: 'secret' }>): KeyObject => {
    const key = secrets.get(config) ?? createSecretKey(config.secret, 'utf8');
    secrets.set(config, key);
    return key;
  };
  const verify = async (config: JwtConfig, token: string): Promise<JWTPayload> => {
    const requiredClaims = ['exp', 'sub'];
    if (config.kind === 'secret') {
      return (await jwtVerify(token, secretOf(config), { algorithms: ['HS256'], requiredClaims })).payload;
    }
    const { issuer, audience, jwksUrl } = config;
    return (await jwtVerify(token, jwks(jwksUrl), { algorithms: ASYMMETRIC, requiredClaims, issuer, audience }))
      .payload;
  };
  const verified = async (config: JwtConfig | undefined, token: string): Promise<JWTPayload | undefined> => {
    if (!config || token.split('.').length !== 3) return undefined;
    try {
      return await verify(config, token);
    } catch (error) {
      if (error instanceof KeysAway) throw error;
      return undefined;
    }
  };
  return {
    read: async ({ auth }, token) => {
      const payload = await verified(auth.jwt, token);
      const told = payload ?? (auth.introspect && (await introspect(auth.introspect, token)));
      return told && claimsOf(told, auth.orgClaim);
    },
  };
}

/** Of a token, or of an ID token of the product's identity provider. */
export function claimsOf(
  payload: Readonly<Record<string, unknown>>,
  orgClaim: string | undefined,
): TokenClaims | undefined {
  const memberId = text(payload.sub, ID_MAX);
  if (memberId === undefined || memberId !== payload.sub) return undefined;
  const email = text(payload.email, EMAIL_MAX);
  const known = email !== undefined && matchEmail(email) !== undefined;
  const orgId = orgClaim !== undefined && Object.hasOwn(payload, orgClaim) ? payload[orgClaim] : undefined;
  return {
    memberId,
    email: known ? email : undefined,
    emailVerified: known ? flag(payload.email_verified) : undefined,
    name: text(payload.name, NAME_MAX),
    orgId: text(typeof orgId === 'number' ? String(orgId) : orgId, ID_MAX),
  };
}

function text(value: unknown, max: number): string | undefined {
  if (typeof value !== 'string' || value.includes('\0')) return undefined;
  const trimmed = value.trim();
  return trimmed !== '' && trimmed.length <= max ? trimmed : undefined;
}

/** Some senders write it as text. */
function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : undefined;
}
