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

/** Signs for a kind of source by its name. */
export function signFor(kind: string, body: string | Buffer, secret: string, id: string, at: Date): Headers {
  switch (kind) {
    case 'stripe':
      return signStripe(body, secret, at);
    case 'paddle':
      return signPaddle(body, secret, at);
    case 'clerk':
      return signClerk(body, secret, id, at);
    case 'standard':
      return signStandard(body, secret, id, at);
    default:
      throw new Error(`nobody signs for ${kind} yet`);
  }
}

/** A secret that the kind's scheme accepts, made from any words. */
export function secretFor(kind: string, words: string): string {
  if (kind === 'stripe') return `whsec_${words.replaceAll(/\W/g, '')}`;
  if (kind === 'paddle') return `pdl_ntfset_${words.replaceAll(/\W/g, '')}`;
  return `whsec_${Buffer.from(words.padEnd(24, '.')).toString('base64')}`;
}

function signStandardAs(family: string, body: string | Buffer, secret: string, id: string, at: Date): Headers {
  const t = seconds(at);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
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
