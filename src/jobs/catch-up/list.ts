/**
 * What a provider's own list is read into: bodies as its webhooks bring them.
 * Promises: what the list tells goes through the same door as a webhook, so nothing is done twice. Must never: decide
 * whether something is missing.
 */
import type { Http } from '../../delivery/egress.ts';
import type { SourceAccount } from '../../model/program.ts';

export interface Listed {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date | undefined;
  readonly body: object;
  /** The webhook of this had another id: it is missing only if nobody knows what it tells. */
  readonly made: boolean;
}

export interface Window {
  readonly since: Date;
  readonly until: Date;
  /** Nothing that was paid before is ours to tell of. */
  readonly began: Date;
  /** Everything in the window, not only what the provider could not deliver. */
  readonly whole: boolean;
}

export interface ListPorts {
  readonly source: SourceAccount;
  readonly http: Http;
  readonly signal: AbortSignal;
  /** Those of which something is not known here yet. */
  readonly news: (listed: readonly Listed[]) => Promise<readonly Listed[]>;
}

/** Asks one source's provider. Throws when the provider does not answer, or not as its reference says. */
export type List = (ports: ListPorts, window: Window) => AsyncIterable<Listed>;

/** Its message is one word, kept and shown. */
export class ListFailed extends Error {}

/** What no webhook brought, of an object that the list shows. */
export function madeOf(type: string, id: string, body: object, occurredAt: Date | undefined): Listed {
  return { eventId: `catch-up:${type}:${id}`, type, occurredAt, body, made: true };
}

/** In lots, so that each is looked up with one question. What came before a fault is told before it. */
export async function* lotsOf<T>(items: AsyncIterable<T>, size: number): AsyncIterable<T[]> {
  let lot: T[] = [];
  let failed: { readonly error: unknown } | undefined;
  try {
    for await (const item of items) {
      lot.push(item);
      if (lot.length < size) continue;
      yield lot;
      lot = [];
    }
  } catch (error) {
    failed = { error };
  }
  if (lot.length > 0) yield lot;
  if (failed) throw failed.error;
}
