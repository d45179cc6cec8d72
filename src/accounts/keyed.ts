/**
 * What is derived from the deployment's secret: hashes to match by, codes, and sealed addresses.
 * Promises: the same input gives the same hash and code for ever (the oldest SECRET_KEY version makes them, so that a
 * rotation does not forget anybody); a sealed value opens only with its salt, which lies beside it and is erased with
 * it. Must never: give a value that tells anything to somebody without the secret.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { HIDDEN_PREFIX } from '../model/code-names.ts';
import type { Keyed } from '../model/fold.ts';
import type { Program } from '../model/program.ts';

export interface DerivedKeys {
  readonly current: number;
  readonly versions: readonly number[];
  readonly deriveKey: (purpose: string, version?: number) => Buffer;
}

/** 132 bits: no two people collide. */
const HASH_LENGTH = 22;
/** 96 bits, in lower case as all keys of codes. */
const HIDDEN_LENGTH = 24;
const REMEMBERED_MAX = 5_000;
const NAME_CHARACTERS = /[^A-Za-z]/g;

export function keyedFor(keys: DerivedKeys, program: Program): Keyed {
  const oldest = Math.min(...keys.versions);
  // As key objects: made once, they hash several times faster than bytes that are wrapped at every call.
  const matching = createSecretKey(keys.deriveKey(`match/${program.program}`, oldest));
  const coding = createSecretKey(keys.deriveKey(`code/${program.program}`, oldest));
  const visitKey = publicKeyFor(keys, program);
  return {
    hash: remembered((text) => createHmac('sha256', matching).update(text).digest('base64url').slice(0, HASH_LENGTH)),
    told: (address) => hash('sha256', visitKey + address, 'base64url'),
    code: (memberId, name, attempt) => codeOf(coding, program, memberId, name, attempt),
    hiddenCode: (key) =>
      HIDDEN_PREFIX + createHmac('sha256', matching).update(`code\n${key}`).digest('hex').slice(0, HIDDEN_LENGTH),
  };
}

/** Told to every browser: it only keeps the hashes of one program apart from those of others. */
export function publicKeyFor(keys: DerivedKeys, program: Program): string {
  return keys
    .deriveKey(`visits/${program.program}`, Math.min(...keys.versions))
    .toString('base64url')
    .slice(0, 22);
}

/** An address is hashed when its event is looked up and again when it is folded; the second time it is known. */
function remembered(make: (text: string) => string): Keyed['hash'] {
  const known = new Map<string, string>();
  return (kind, value) => {
    const text = `${kind}\n${value}`;
    let hash = known.get(text);
    if (hash === undefined) {
      if (known.size >= REMEMBERED_MAX) known.clear();
      hash = make(text);
      known.set(text, hash);
    }
    return hash;
  };
}

/** ALICE2024-like from a name (letters and four digits), else letters of the program's alphabet. */
function codeOf(key: KeyObject, program: Program, memberId: string, name: string | undefined, attempt: number): string {
  const digest = createHmac('sha256', key).update(`${memberId}\n${attempt}`).digest();
  const { from, alphabet, length } = program.code;
  const letters =
    from === 'name' ? (name ?? '').normalize('NFKD').replace(NAME_CHARACTERS, '').toUpperCase().slice(0, 12) : '';
  if (letters.length >= 2) return `${letters}${1000 + (digest.readUInt32BE(0) % 9000)}`;
  let code = '';
  for (let i = 0; code.length < length + Math.floor(attempt / 4); i++) {
    // 16 bits for each letter: the bias towards the alphabet's first letters is below one in two thousand.
    code += alphabet[digest.readUInt16BE((i * 2) % 30) % alphabet.length];
  }
  return code;
}

const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

function cipherKey(keys: DerivedKeys, version: number, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', keys.deriveKey('persons', version), salt, 'plusone/person', 32));
}

/** salt, iv, ciphertext, tag: one value, opened only by `unseal` with the same program number. */
export function seal(keys: DerivedKeys, programNo: number, value: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', cipherKey(keys, keys.current, salt), iv);
  cipher.setAAD(Buffer.from(String(programNo)));
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return Buffer.concat([salt, iv, sealed, cipher.getAuthTag()]);
}

export function unseal(keys: DerivedKeys, programNo: number, version: number, sealed: Buffer): string {
  const salt = sealed.subarray(0, SALT_BYTES);
  const iv = sealed.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', cipherKey(keys, version, salt), iv);
  decipher.setAAD(Buffer.from(String(programNo)));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const text = sealed.subarray(SALT_BYTES + IV_BYTES, -TAG_BYTES);
  return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
}
