/**
 * The token in a mail by which its reader unsubscribes.
 * Promises: it holds for ever, and without a row to look up: the keyed hash of the address, signed. Must never: reveal
 * the address, or be makeable by whoever knows an address.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const HASH = /^[A-Za-z0-9_-]{22}$/;
const SIGNATURE_LENGTH = 22;

function sign(key: Buffer, recipientHash: string): string {
  return createHmac('sha256', key).update(recipientHash).digest('base64url').slice(0, SIGNATURE_LENGTH);
}

export function makeToken(key: Buffer, recipientHash: string): string {
  return recipientHash + sign(key, recipientHash);
}

/** The hash that the token was made for; undefined for what is no token of ours. */
export function readToken(key: Buffer, token: string): string | undefined {
  const hash = token.slice(0, -SIGNATURE_LENGTH);
  if (!HASH.test(hash)) return undefined;
  const given = Buffer.from(token.slice(-SIGNATURE_LENGTH));
  const expected = Buffer.from(sign(key, hash));
  return given.length === expected.length && timingSafeEqual(given, expected) ? hash : undefined;
}
