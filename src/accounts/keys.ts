/**
 * Server keys: `po_<program>_<256 bits>`, of which the database keeps the sha256 only.
 * Promises: a key is recognised in logs and code by its prefix, and guessed by nobody. Must never: be shown twice.
 */
import { createHash } from 'node:crypto';

export const KEY_SCOPES = ['events:write', 'credits:write', 'payouts:write', 'members:read', 'members:write'] as const;

/** events:write posts events; credits:write settles and spends credits; payouts:write settles
 * payouts of the fund; members:* act for a member. */
export type KeyScope = (typeof KEY_SCOPES)[number];

export interface ServerKey {
  readonly programNo: number;
  readonly id: string;
  readonly name: string;
  /** What of the key is shown: enough to tell two apart. */
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export const KEY_SECRET_BYTES = 32;
const SHOWN_OF_SECRET = 6;

export interface MintedKey {
  readonly key: string;
  readonly prefix: string;
  readonly hash: Buffer;
}

/** `secret`: KEY_SECRET_BYTES random bytes. */
export function mintKey(program: string, secret: Buffer): MintedKey {
  if (secret.length < KEY_SECRET_BYTES) throw new Error('bug: a key of too few random bytes');
  const text = secret.toString('base64url');
  const key = `po_${program}_${text}`;
  return { key, prefix: `po_${program}_${text.slice(0, SHOWN_OF_SECRET)}`, hash: hashKey(key) };
}

export function looksLikeKey(token: string): boolean {
  return token.length <= 500 && /^po_.+_[\w-]{43}$/.test(token);
}

export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
