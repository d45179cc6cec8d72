/**
 * The public keys behind members' tokens, fetched from where the program file says.
 * Promises: only through the guarded way out; kept for ten minutes, asked for again when a token names a key that we do
 * not have, but at most every half minute, so that nobody makes us ask by sending junk. While the address is away the
 * last keys stand for a day. Must never: take a key from a token itself.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Http } from '../../delivery/egress.ts';

export class KeysAway extends Error {}

/** The getter of one address's keys; rejects KeysAway when there are none to be had. */
export type Jwks = (url: string) => JWTVerifyGetKey;

export interface JwksOptions {
  readonly http: Pick<Http, 'send'>;
  /** Milliseconds that only go forward. */
  readonly elapsed?: () => number;
}

const KEPT_MS = 10 * 60_000;
const STALE_MS_MAX = 24 * 3_600_000;
const ASK_AGAIN_MS = 30_000;
const TIMEOUT_MS = 5_000;
const BYTES_MAX = 256 * 1024;

interface Kept {
  readonly find: JWTVerifyGetKey;
  readonly at: number;
}

class KeySet {
  readonly #url: string;
  readonly #options: Required<JwksOptions>;
  #kept: Kept | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(url: string, options: Required<JwksOptions>) {
    this.#url = url;
    this.#options = options;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#age() > KEPT_MS) await this.#ask();
    const kept = this.#usable();
    try {
      return await kept.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#ask();
      const fresh = this.#usable();
      if (fresh === kept) throw error;
      return await fresh.find(header, token);
    }
  };

  #age(): number {
    return this.#kept ? this.#options.elapsed() - this.#kept.at : Number.POSITIVE_INFINITY;
  }

  #usable(): Kept {
    if (!this.#kept || this.#age() > STALE_MS_MAX) throw new KeysAway('no keys to check tokens with');
    return this.#kept;
  }

  /** All who wait share one request. */
  async #ask(): Promise<void> {
    if (!this.#asking && this.#options.elapsed() - this.#askedAt < ASK_AGAIN_MS) return;
    this.#asking ??= this.#fetch().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #fetch(): Promise<void> {
    this.#askedAt = this.#options.elapsed();
    const answer = await this.#options.http.send({
      url: this.#url,
      method: 'GET',
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      bodyBytesMax: BYTES_MAX,
      fresh: true,
    });
    if (answer.kind !== 'answered' || answer.status !== 200) return;
    const find = keysIn(answer.body);
    if (find) this.#kept = { find, at: this.#options.elapsed() };
  }
}

function keysIn(text: string): JWTVerifyGetKey | undefined {
  try {
    return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
  } catch {
    return undefined;
  }
}

export function createJwks({ http, elapsed = () => performance.now() }: JwksOptions): Jwks {
  const sets = new Map<string, KeySet>();
  return (url) => {
    const set = sets.get(url) ?? new KeySet(url, { http, elapsed });
    sets.set(url, set);
    return set.find;
  };
}
