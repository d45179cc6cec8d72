/**
 * The challenge by which an address is proved: mailed there, signed by us; pure.
 * Promises: it names one contributor and one address, and ends. Must never: be makeable without our key, or tell the
 * address to whoever sees the link.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Challenge {
  readonly contributorId: bigint;
  /** Keyed hash of the address. */
  readonly identity: string;
  readonly expiresAt: Date;
}

const LIFE_MS = 7 * 86_400_000;
const SIGNATURE_LENGTH = 22;

export function newChallenge(contributorId: bigint, identity: string, now: Date): Challenge {
  return { contributorId, identity, expiresAt: new Date(now.getTime() + LIFE_MS) };
}

export function writeChallenge(key: Buffer, { contributorId, identity, expiresAt }: Challenge): string {
  const text = `${contributorId}.${identity}.${expiresAt.getTime()}`;
  return `${text}.${sign(key, text)}`;
}

/** undefined: it is none of ours, or its time is over. */
export function readChallenge(key: Buffer, token: string, now: Date): Challenge | undefined {
  const [, text = '', id = '', identity = '', time = '', signature = ''] =
    /^((\d{1,18})\.([A-Za-z0-9_-]{22})\.(\d{1,15}))\.([A-Za-z0-9_-]{22})$/.exec(token) ?? [];
  if (signature === '') return undefined;
  const [given, expected] = [Buffer.from(signature), Buffer.from(sign(key, text))];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const expiresAt = new Date(Number(time));
  return expiresAt > now ? { contributorId: BigInt(id), identity, expiresAt } : undefined;
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url').slice(0, SIGNATURE_LENGTH);
}
