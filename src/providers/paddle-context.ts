/**
 * What the parts of the Paddle provider share.
 * Promises: an event's data with the paths of the program file readable in it. Must never: hold a clock or a default.
 */
import type { Fact } from '../model/facts.ts';
import type { SourceConfig } from '../model/provider.ts';
import { at, text } from './json.ts';
import type { ReadPath } from './people.ts';

export interface PaddleEvent {
  readonly occurredAt: Date | undefined;
  readonly data: unknown;
  readonly source: SourceConfig;
}

/** The word of `code_from` for discounts. */
export const DISCOUNT = 'discount';

/** Facts, or why there are none. */
export type Outcome = readonly Fact[] | string;

export function reader({ data }: PaddleEvent): ReadPath {
  return (path) => text(at(data, path));
}
