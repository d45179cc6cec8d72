/**
 * An identity provider as OpenID Connect has it: discovery, keys, and codes that are good once, for their verifier only.
 * Promises: it says yes to whoever the test names, and refuses what a real one refuses. Must never: forgive.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { serveLocally } from './local-server.ts';

export const OIDC_CLIENT = { id: 'portal', secret: 'a-client-secret-of-the-tests' } as const;

export interface FakeOidc {
  readonly issuer: string;
  /** What the next answers do wrong. */
  fault: 'none' | 'away' | 'nonce' | 'key' | 'audience';
  /** Somebody signs in at `url`; where their browser is sent. */
  agree(url: string, claims: Readonly<Record<string, unknown>>): string;
  refuse(url: string): string;
  close(): Promise<void>;
}

interface Given {
  readonly asked: URLSearchParams;
  readonly claims: Readonly<Record<string, unknown>>;
}

export async function startFakeOidc(): Promise<FakeOidc> {
  const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const codes = new Map<string, Given>();
  const idToken = async ({ asked, claims }: Given) =>
    await new SignJWT({ ...claims, nonce: fake.fault === 'nonce' ? 'another' : asked.get('nonce') })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(fake.issuer)
      .setAudience(fake.fault === 'audience' ? 'another' : OIDC_CLIENT.id)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(fake.fault === 'key' ? other.privateKey : own.privateKey);
  const token = async (req: IncomingMessage): Promise<[number, object]> => {
    const form = new URLSearchParams(await bodyOf(req));
    const given = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const isRight =
      given !== undefined &&
      form.get('grant_type') === 'authorization_code' &&
      form.get('client_id') === OIDC_CLIENT.id &&
      form.get('client_secret') === OIDC_CLIENT.secret &&
      form.get('redirect_uri') === given.asked.get('redirect_uri') &&
      challengeOf(form.get('code_verifier') ?? '') === given.asked.get('code_challenge');
    if (!isRight) return [400, { error: 'invalid_grant' }];
    return [200, { access_token: 'at', token_type: 'Bearer', expires_in: 300, id_token: await idToken(given) }];
  };
  const answer = async (req: IncomingMessage): Promise<[number, object]> => {
    if (fake.fault === 'away') return [503, { error: 'away' }];
    if (req.url === '/.well-known/openid-configuration') return [200, metadataOf(fake.issuer)];
    if (req.url === '/keys') return [200, { keys: [jwk] }];
    return req.url === '/token' ? await token(req) : [404, {}];
  };
  const server = await serveLocally((req: IncomingMessage, res: ServerResponse) => {
    void answer(req).then(([status, body]) =>
      res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  const back = (url: string, answered: Readonly<Record<string, string>>): string => {
    const asked = new URL(url).searchParams;
    const to = new URL(asked.get('redirect_uri') ?? '');
    for (const [name, value] of Object.entries(answered)) to.searchParams.set(name, value);
    to.searchParams.set('state', asked.get('state') ?? '');
    return to.href;
  };
  const fake: FakeOidc = {
    issuer: server.origin,
    fault: 'none',
    agree: (url, claims) => {
      const code = randomBytes(16).toString('hex');
      codes.set(code, { asked: new URL(url).searchParams, claims });
      return back(url, { code });
    },
    refuse: (url) => back(url, { error: 'access_denied' }),
    close: server.close,
  };
  return fake;
}

const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  code_challenge_methods_supported: ['S256'],
});

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
