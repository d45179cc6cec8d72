/**
 * Passwords of members who sign up here and of named admins, as scrypt hashes.
 * Promises: N = 2^15, r = 8, p = 3 (32 MiB and about a fifth of a second each, as OWASP advises), kept with the hash so
 * that they can rise; a password that everybody tries first is refused. Must never: keep, log or cut a password.
 */
import { scrypt, timingSafeEqual } from 'node:crypto';

const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
/** scrypt needs 128 × N × r bytes, and a little beside. */
const MEMORY_MAX = 2 * 128 * COST.N * COST.r;
const HASH_BYTES = 32;
export const SALT_BYTES = 16;

export const PASSWORD_LENGTH = { min: 8, max: 200 } as const;

/** `salt`: SALT_BYTES random bytes. */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const hash = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/** `stored` as hashPassword made it. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = stored.split('$');
  const known = Buffer.from(hash, 'base64');
  const made = await derive(password, Buffer.from(salt, 'base64'), { N: Number(N), r: Number(r), p: Number(p) });
  return known.length === made.length && timingSafeEqual(known, made);
}

async function derive(
  password: string,
  salt: Buffer,
  cost: Readonly<Record<keyof typeof COST, number>>,
): Promise<Buffer> {
  return await new Promise<Buffer>((resolve, reject) => {
    // One password may be typed as different code points on two keyboards.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem: MEMORY_MAX }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** The first guesses of whoever guesses, of at least the length that is asked for. */
const COMMON: ReadonlySet<string> = new Set(
  `password password1 password12 password123 passw0rd p@ssw0rd p@ssword 12345678 123456789 1234567890 87654321 11223344
  qwertyui qwertyuiop qwerty123 qwerty12 1q2w3e4r 1qaz2wsx q1w2e3r4 asdfghjk asdfghjkl zxcvbnm1 abcd1234 abc12345 abcdefgh
  iloveyou sunshine princess football baseball superman welcome1 letmein1 letmein123 trustno1 whatever computer michelle
  changeme changeme1 administrator admin123 admin1234 welcome123 starwars`.split(/\s+/),
);

/** Why a password is too easy to guess; undefined: it is not. */
export function weaknessOf(password: string, about: readonly string[]): string | undefined {
  const plain = password.toLowerCase();
  if (COMMON.has(plain)) return 'is one of the most common passwords';
  if (new Set(plain).size < 4) return 'has too few different characters';
  if (about.some((known) => known.toLowerCase() === plain)) return 'must not be the e-mail address or the name';
  return undefined;
}
