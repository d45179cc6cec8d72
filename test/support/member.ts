// A member's client for tests: tokens as a product would sign them, and calls under /p/<program>/v1.

import { createSecretKey } from 'node:crypto';
import type { Express } from 'express';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import request from 'supertest';
import { JWT_SECRET } from './http.ts';
import { serveLocally } from './local-server.ts';

/** A token of the product's, good for an hour unless told otherwise. */
export async function tokenFor(sub: string, claims: JWTPayload = {}, secret = JWT_SECRET): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub, iat: now, exp: now + 3600, ...claims };
  return await new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(createSecretKey(secret, 'utf8'));
}

export interface Call {
  readonly token?: string | undefined;
  readonly body?: object;
  readonly program?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Method = 'get' | 'post' | 'put' | 'delete';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, as a client would
  readonly body: any;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export function client(app: Express) {
  return async (method: Method, path: string, call: Call = {}): Promise<Answer> => {
    const sent = request(app)[method](`/p/${call.program ?? 'claudexia'}/v1${path}`);
    if (call.token) sent.set('Authorization', `Bearer ${call.token}`);
    for (const [name, value] of Object.entries(call.headers ?? {})) sent.set(name, value);
    const answer = await (call.body ? sent.send(call.body) : sent);
    return answer as unknown as Answer;
  };
}

export interface KeyServer {
  readonly url: string;
  /** How often it was asked. */
  readonly asked: () => number;
  answer: { status: number; body: string };
  stop(): Promise<void>;
}

/** Serves a JWKS on this machine. */
export async function startKeyServer(): Promise<KeyServer> {
  let count = 0;
  const { origin, close } = await serveLocally((_req, res) => {
    count++;
    res.writeHead(keys.answer.status, { 'content-type': 'application/json' }).end(keys.answer.body);
  });
  const keys: KeyServer = {
    url: `${origin}/jwks.json`,
    asked: () => count,
    answer: { status: 200, body: '{"keys":[]}' },
    stop: close,
  };
  return keys;
}

/** A key pair of an identity provider: its public half as JWK, and a signer. */
export async function identity(kid: string, alg = 'ES256') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  const sign = async (sub: string, claims: JWTPayload = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const payload = { sub, iss: 'https://idp.test/', aud: 'referrals', iat: now, exp: now + 3600, ...claims };
    return await new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(privateKey);
  };
  return { jwk, sign, publicKey };
}
