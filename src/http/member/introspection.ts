/**
 * The product's own API keys as credentials of its members: the product is asked whose a key is (RFC 7662).
 * Promises: only through the guarded way out; an answer stands for a minute, kept under the key's hash, and never beyond
 * the key's own end; while the product is away nobody is let in. Must never: keep a key, or take what it does not know
 * for good.
 */
import { createHash } from 'node:crypto';
import type { Http } from '../../delivery/egress.ts';
import type { IntrospectConfig } from '../../model/program.ts';

/** There is nobody who could say whose the key is. */
export class IntrospectionAway extends Error {}

/** What the product tells of an active key, as it told it; undefined: it is not active. */
export type Introspect = (config: IntrospectConfig, token: string) => Promise<Record<string, unknown> | undefined>;

export interface IntrospectionOptions {
  readonly http: Pick<Http, 'send'>;
  /** Milliseconds that only go forward. */
  readonly elapsed?: () => number;
}

const KEPT_MS = 60_000;
const KEPT_MAX = 10_000;
const ASKED_AT_ONCE_MAX = 50;
const TIMEOUT_MS = 5_000;
const TOKEN_MAX = 4_096;

interface Kept {
  readonly at: number;
  readonly answer: Promise<Record<string, unknown> | undefined>;
}

export function createIntrospection({ http, elapsed = () => performance.now() }: IntrospectionOptions): Introspect {
  const kept = new Map<string, Kept>();
  let asking = 0;
  const ask = async (config: IntrospectConfig, token: string) => {
    if (asking >= ASKED_AT_ONCE_MAX) throw new IntrospectionAway('too many keys are being asked about');
    asking++;
    try {
      return await request(http, config, token);
    } finally {
      asking--;
    }
  };
  return async (config, token) => {
    if (token.length > TOKEN_MAX) return undefined;
    const key = createHash('sha256').update(`${config.url}\n${token}`).digest('base64url');
    const known = kept.get(key);
    if (known && elapsed() - known.at < KEPT_MS) return stillActive(await known.answer);
    kept.delete(key);
    // The eldest come first: whatever is over goes, so that nobody is remembered longer than their minute.
    for (const [eldest, { at }] of kept) {
      if (kept.size < KEPT_MAX && elapsed() - at < KEPT_MS) break;
      kept.delete(eldest);
    }
    const answer = ask(config, token);
    kept.set(key, { at: elapsed(), answer });
    answer.catch(() => kept.delete(key));
    return stillActive(await answer);
  };
}

async function request(
  http: Pick<Http, 'send'>,
  { url, secret }: IntrospectConfig,
  token: string,
): Promise<Record<string, unknown> | undefined> {
  const answer = await http.send({
    url,
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    fresh: true,
  });
  const told = answer.kind === 'answered' && answer.status === 200 ? objectIn(answer.body) : undefined;
  if (typeof told?.active !== 'boolean') throw new IntrospectionAway('no answer that could be understood');
  return told.active ? told : undefined;
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Freshness goes by the real clock, as with tokens. */
function stillActive(told: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  return typeof told?.exp === 'number' && told.exp * 1000 <= Date.now() ? undefined : told;
}
