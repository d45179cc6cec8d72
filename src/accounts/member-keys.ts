/**
 * API keys of members: the program's prefix and 256 bits, of which the database keeps the sha256 only.
 * Promises: a key says by its prefix whose product it belongs to, and is guessed by nobody; two may live at a time, so
 * that one replaces the other without a gap. Must never: be shown twice, or do more than its member may.
 */
import { hashKey, KEY_SECRET_BYTES, type MintedKey } from './keys.ts';

/** read: the member's own figures. links: what changes them: links, codes, claims, keys. */
export const MEMBER_SCOPES = ['links', 'read'] as const;
export type MemberScope = (typeof MEMBER_SCOPES)[number];

export interface MemberKey {
  readonly programNo: number;
  readonly id: string;
  readonly personId: bigint;
  readonly name: string | null;
  /** What of the key is shown: enough to tell two apart. */
  readonly prefix: string;
  readonly scopes: readonly MemberScope[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const SHOWN_OF_SECRET = 6;
const SECRET_CHARACTERS = 43;

/** `secret`: KEY_SECRET_BYTES random bytes. */
export function mintMemberKey(apiKeyPrefix: string, secret: Buffer): MintedKey {
  if (secret.length < KEY_SECRET_BYTES) throw new Error('bug: a key of too few random bytes');
  const text = secret.toString('base64url');
  const key = `${apiKeyPrefix}${text}`;
  return { key, prefix: `${apiKeyPrefix}${text.slice(0, SHOWN_OF_SECRET)}`, hash: hashKey(key) };
}

/** A token of the product's has dots, so it is never taken for one. */
export function looksLikeMemberKey(apiKeyPrefix: string, token: string): boolean {
  const secret = token.slice(apiKeyPrefix.length);
  return token.startsWith(apiKeyPrefix) && secret.length === SECRET_CHARACTERS && /^[\w-]+$/.test(secret);
}
