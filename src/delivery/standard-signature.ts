/**
 * Signs what we send as Standard Webhooks asks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body.
 * Promises: one signature for each secret, so that a receiver can rotate; agrees with the `standardwebhooks` package.
 * Must never: sign with an empty key.
 */
import { createHmac } from 'node:crypto';

export interface Signed {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** `at` is the real time: the receiver refuses what is not fresh. */
export function signStandard(secrets: readonly string[], id: string, at: Date, body: string): Signed {
  const seconds = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`);
    return `v1,${hmac.digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
}

/**
 * `whsec_<base64>` or bare base64 is decoded. Any other text is used as it stands, whole and in UTF-8: what the
 * package does with `{ format: 'raw' }`.
 */
function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret;
  const digits = encoded.replace(/={0,2}$/, '');
  const isBase64 = /^[A-Za-z0-9+/]{2,}$/.test(digits) && digits.length % 4 !== 1;
  const key = isBase64 ? Buffer.from(encoded, 'base64') : Buffer.from(secret, 'utf8');
  if (key.length === 0) throw new Error('bug: a sink without a secret');
  return key;
}
