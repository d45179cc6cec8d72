/**
 * What a provider has to do for a referral code: make an object that carries it, and end it.
 * Promises: made again it is the same object, told by the code's own text. Must never: take an object that somebody else
 * made for ours.
 */
import type { Http } from '../egress.ts';

export interface Account {
  readonly apiKey: string;
  readonly apiBase: string | undefined;
  /** The coupon (Stripe) or discount (Paddle) whose terms hold. */
  readonly discount: string;
}

export interface Wanted {
  readonly program: string;
  readonly source: string;
  readonly code: string;
  readonly codeKey: string;
  /** From 1. */
  readonly attempt: number;
}

export interface Way {
  readonly http: Http;
  readonly signal: AbortSignal;
}

export type Outcome =
  /** `event`: what its webhook would tell, so that it is known here even where none is sent. */
  | {
      readonly did: 'made';
      readonly objectId: string;
      readonly event: { readonly type: string; readonly body: object };
    }
  | { readonly did: 'ended' }
  | { readonly did: 'refused'; readonly reason: string }
  /** Nothing is certain, or the provider is away: later again. */
  | { readonly did: 'later'; readonly reason: string };

export interface Promoter {
  make(account: Account, wanted: Wanted, way: Way): Promise<Outcome>;
  end(account: Account, objectId: string, way: Way): Promise<Outcome>;
}
