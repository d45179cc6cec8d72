/**
 * An id of ours with a signature, for links in mails.
 * Promises: whoever has the link was sent it. Must never: be makeable by whoever knows or guesses an id.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const SIGNATURE_LENGTH = 32;

function signature(key: Buffer, id: string): string {
  return createHmac('sha256', key).update(id).digest('base64url').slice(0, SIGNATURE_LENGTH);
}

export function signId(key: Buffer, id: bigint): string {
  return `${id}-${signature(key, String(id))}`;
}

export function readSignedId(key: Buffer, token: string): bigint | undefined {
  const [, id, given = ''] = /^(\d{1,18})-([\w-]{32})$/.exec(token) ?? [];
  if (id === undefined) return undefined;
  return timingSafeEqual(Buffer.from(given), Buffer.from(signature(key, id))) ? BigInt(id) : undefined;
}
