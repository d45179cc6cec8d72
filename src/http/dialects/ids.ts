/**
 * Ids as dialects write them: a word, and 26 characters that begin with the time, as in ref_01HX9K3V2M7NQRST4BCDE5FG6H.
 * Promises: the same thing has the same id for ever; ids sort by time. Must never: tell an id of ours, or how many
 * there are.
 */
import { createHmac, type KeyObject } from 'node:crypto';

export interface Identified {
  readonly programNo: number;
  readonly id: bigint;
  readonly createdAt: Date;
}

/** `prefix` is part of what is hashed: a person and a claim of one number have nothing in common. */
export type PublicId = (prefix: string, of: Identified) => string;

/** Crockford's: no I, L, O and U. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const HASH_BYTES = 10;
const HASH_LENGTH = 16;

export function createPublicIds(key: KeyObject): PublicId {
  return (prefix, { programNo, id, createdAt }) => {
    const hash = createHmac('sha256', key).update(`${prefix}\n${programNo}\n${id}`).digest().subarray(0, HASH_BYTES);
    const time = inBase32(BigInt(Math.max(0, createdAt.getTime())), TIME_LENGTH);
    return `${prefix}_${time}${inBase32(BigInt(`0x${hash.toString('hex')}`), HASH_LENGTH)}`;
  };
}

function inBase32(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = `${DIGITS[Number(rest & 31n)]}${text}`;
  return text;
}
