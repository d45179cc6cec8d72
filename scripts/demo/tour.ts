/**
 * What a newcomer is shown of a program when its month is over.
 * Promises: pure; says where to look, and how to read what is there. Must never: say a figure that it did not read.
 */
import type { RewardSeen } from './front.ts';
import type { Person } from './people.ts';

export interface Tour {
  readonly heading: string;
  /** The member whose view is shown, with a credential made ready for it. */
  readonly star: Person;
  readonly credential: Credential;
  /** Read in the star's name. */
  readonly figures: readonly Figure[];
  /** The newest reward of each kind is explained. */
  readonly examples: readonly Example[];
  /** Requests to try. */
  readonly requests: readonly Request[];
}

/** A token as the product signs it, a server key that names the member, or an API key that the member was given. */
export type Credential = 'token' | 'server-key' | 'api-key';

export interface Figure {
  readonly path: string;
  readonly say: (answer: unknown) => string;
}

export interface Example {
  readonly is: (reward: RewardSeen) => boolean;
  readonly note: string;
}

export interface Request {
  readonly note: string;
  /** Under /p/<program>, in the star's name; `{code}` stands for the star's own. */
  readonly path: string;
  /** A POST with this body; `{code}` here, too. */
  readonly body?: object;
  /** Instead under /admin/v1, with the admin token. */
  readonly isAdmin?: boolean;
}

export function figure<T>(path: string, say: (answer: T) => string): Figure {
  return { path, say: (answer) => say(answer as T) };
}

export const dollars = (cents: number): string => `$${(cents / 100).toFixed(2)}`;
