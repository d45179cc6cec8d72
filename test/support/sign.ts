/**
 * Signs bodies as the providers do, for tests, the demo and the bench.
 * Promises: written from the providers' descriptions and apart from src/providers, so that a mistake there is not
 * repeated here; the tests hold it to the official packages. Must never: be imported by src.
 */
import { createHmac } from 'node:crypto';

export type Headers = Record<string, string>;

export function signStripe(body: string | Buffer, secret: string, at: Date): Headers {
  const t = seconds(at);
  return { 'stripe-signature': `t=${t},v1=${hmac(secret, `${t}.`, body).toString('hex')}` };
}

export function signPaddle(body: string | Buffer, secret: string, at: Date): Headers {
  const ts = seconds(at);
  return { 'paddle-signature': `ts=${ts};h1=${hmac(secret, `${ts}:`, body).toString('hex')}` };
}

/** `secret` is `whsec_<base64>` or the bare base64. */
export function signStandard(body: string | Buffer, secret: string, id: string, at: Date): Headers {
  return signStandardAs('webhook', body, secret, id, at);
}

export function signClerk(body: string | Buffer, secret: string, id: string, at: Date): Headers {
  return signStandardAs('svix', body, secret, id, at);
}

/** Milliseconds, and a space after the comma. */
export function signWorkos(body: string | Buffer, secret: string, at: Date): Headers {
  return { 'workos-signature': `t=${at.getTime()}, v1=${hmac(secret, `${at.getTime()}.`, body).toString('hex')}` };
}

export function signLogto(body: string | Buffer, secret: string): Headers {
  return { 'logto-signature-sha-256': hmac(secret, '', body).toString('hex') };
}

export function signLemonSqueezy(body: string | Buffer, secret: string): Headers {
  return { 'x-signature': hmac(secret, '', body).toString('hex') };
}

/** The key is the secret's own text, `whsec_` and all. */
export function signPolar(body: string | Buffer, secret: string, id: string, at: Date): Headers {
  return signWith('webhook', Buffer.from(secret), body, id, at);
}

/** `secret` is `v1,whsec_<base64>`. */
export function signSupabaseHook(body: string | Buffer, secret: string, id: string, at: Date): Headers {
  return signStandard(body, secret.replace(/^v1,/, ''), id, at);
}

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

/** How one kind of sender proves itself. What does not hold for it, the conformance suite does not ask of it. */
export interface Scheme {
  readonly name: string;
  readonly kind: string;
  /** false: a token that proves who sends, and covers no byte of what is sent. */
  readonly coversBody: boolean;
  readonly coversTime: boolean;
  /** Whether it sends events of this type; a kind with several ways of sending has a scheme for each. */
  readonly sends: (type: string) => boolean;
  readonly secret: (words: string) => string;
  readonly sign: (body: string | Buffer, secret: string, id: string, at: Date) => Headers;
}

const timed = { coversBody: true, coversTime: true, sends: () => true };
const untimed = { ...timed, coversTime: false };
const token = { ...untimed, coversBody: false };

const word = (words: string) => words.replaceAll(/\W/g, '');
const base64 = (words: string) => Buffer.from(words.padEnd(24, '.')).toString('base64');
const standardSecret = (words: string) => `whsec_${base64(words)}`;
const tokenOf = (words: string) => word(words).padEnd(24, '0');

export const SCHEMES: readonly Scheme[] = [
  {
    ...timed,
    name: 'stripe',
    kind: 'stripe',
    secret: (words) => `whsec_${word(words)}`,
    sign: (body, secret, _id, at) => signStripe(body, secret, at),
  },
  {
    ...timed,
    name: 'paddle',
    kind: 'paddle',
    secret: (words) => `pdl_ntfset_${word(words)}`,
    sign: (body, secret, _id, at) => signPaddle(body, secret, at),
  },
  { ...timed, name: 'clerk', kind: 'clerk', secret: standardSecret, sign: signClerk },
  { ...timed, name: 'standard', kind: 'standard', secret: standardSecret, sign: signStandard },
  {
    ...timed,
    name: 'workos',
    kind: 'workos',
    secret: word,
    sign: (body, secret, _id, at) => signWorkos(body, secret, at),
  },
  { ...timed, name: 'polar', kind: 'polar', secret: (words) => `whsec_${word(words)}`, sign: signPolar },
  { ...untimed, name: 'logto', kind: 'logto', secret: word, sign: signLogto },
  { ...untimed, name: 'lemonsqueezy', kind: 'lemonsqueezy', secret: word, sign: signLemonSqueezy },
  { ...token, name: 'auth0', kind: 'auth0', secret: tokenOf, sign: (_body, secret) => bearer(secret) },
  {
    ...timed,
    name: 'supabase (auth hook)',
    kind: 'supabase',
    sends: (type) => !type.includes('.'),
    secret: (words) => `v1,${standardSecret(words)}`,
    sign: signSupabaseHook,
  },
  {
    ...token,
    name: 'supabase (database webhook)',
    kind: 'supabase',
    sends: (type) => type.includes('.'),
    secret: tokenOf,
    sign: (_body, secret) => bearer(secret),
  },
];

/** Signs for a kind of source by its name; for one with several schemes, by its first. */
export function signFor(kind: string, body: string | Buffer, secret: string, id: string, at: Date): Headers {
  return schemeOf(kind).sign(body, secret, id, at);
}

/** A secret that the kind's scheme accepts, made from any words. */
export function secretFor(kind: string, words: string): string {
  return schemeOf(kind).secret(words);
}

function schemeOf(kind: string): Scheme {
  const scheme = SCHEMES.find((each) => each.kind === kind);
  if (!scheme) throw new Error(`nobody signs for ${kind} yet`);
  return scheme;
}

function signStandardAs(family: string, body: string | Buffer, secret: string, id: string, at: Date): Headers {
  return signWith(family, Buffer.from(secret.replace(/^whsec_/, ''), 'base64'), body, id, at);
}

function signWith(family: string, key: Buffer, body: string | Buffer, id: string, at: Date): Headers {
  const t = seconds(at);
  return {
    [`${family}-id`]: id,
    [`${family}-timestamp`]: t,
    [`${family}-signature`]: `v1,${hmac(key, `${id}.${t}.`, body).toString('base64')}`,
  };
}

function hmac(key: string | Buffer, before: string, body: string | Buffer): Buffer {
  return createHmac('sha256', key).update(before).update(body).digest();
}

function seconds(at: Date): string {
  return String(Math.floor(at.getTime() / 1000));
}
