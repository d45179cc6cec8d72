/**
 * What the demo's month is made of, for all programs.
 * Promises: pure. The service makes referral codes, and the ids of who signs up with it; a step only says whose. Must
 * never: depend on a clock.
 */
import { type Event, signupData } from './events.ts';
import type { Person } from './people.ts';
import type { Tour } from './tour.ts';

export const PROGRAMS = ['claudexia', 'hanzo', 'buywhere', 'kortix'] as const;
export type ProgramName = (typeof PROGRAMS)[number];

export interface Signup {
  readonly member: Person;
  readonly by: 'clerk' | 'app';
  readonly codeOf?: Person | undefined;
  /** By the code that they had before they refreshed it. */
  readonly outdated?: boolean;
}

/** An event of a product's batch; the member's id, and the code of whoever brought them, are put in when it is sent. */
export interface Fact {
  readonly type: 'member.created' | 'member.updated' | 'usage.recorded';
  readonly of: Person;
  readonly data: Readonly<Record<string, unknown>>;
  readonly codeOf?: Person;
}

export type Step = { readonly at: Date } & (
  | { readonly do: 'send'; readonly event: Event }
  | ({ readonly do: 'signup' } & Signup)
  | { readonly do: 'tell'; readonly facts: readonly Fact[] }
  /** Signs up with the service itself, through BuyWhere's own API. */
  | { readonly do: 'register'; readonly member: Person; readonly codeOf?: Person }
  /** What a member does by the program's API; `codeOf` is put into the body as `code`. */
  | {
      readonly do: 'act';
      readonly member: Person;
      readonly path: string;
      readonly body?: object;
      readonly codeOf?: Person;
    }
  /** The product lets them pay with credit. */
  | { readonly do: 'spend'; readonly member: Person; readonly amount: number; readonly reason: string }
  | { readonly do: 'sink'; readonly up: boolean }
  /** The oldest reward that is so: what an admin does about it. */
  | {
      readonly do: 'approve' | 'reject' | 'reverse';
      readonly what: 'held' | 'failed' | 'vesting';
      readonly of?: Person;
      readonly reason: string;
    }
  | { readonly do: 'rate'; readonly member: Person; readonly rate: string }
);

/** A program's month, and what of it to show when it is over. */
export interface Play {
  readonly steps: readonly Step[];
  readonly tour: Tour;
}

export const MONTH_START = Date.UTC(2026, 4, 1);
export const DAY_MS = 86_400_000;

/** Day 1 is the first of May; day 0 the last of April. */
export const dayTime = (day: number, hour = 0, minute = 0): Date =>
  new Date(MONTH_START + (day - 1) * DAY_MS + hour * 3_600_000 + minute * 60_000);

export function send(events: readonly Event[], at: Date): Step[] {
  return events.map((event) => ({ at, do: 'send', event }));
}

/** Signups that the product tells of one by one, by a signed webhook each. */
export function join(members: readonly Person[], at: Date, codeOf?: Person): Step[] {
  return members.map((member) => ({ at, do: 'signup', member, by: 'app', codeOf }));
}

/** Signups that the product tells of in one batch. */
export function joined(members: readonly Person[], at: Date, codeOf: Person, more: object = {}): Fact[] {
  return members.map((of) => ({ type: 'member.created', of, data: { ...signupData(of, at), ...more }, codeOf }));
}

/** What `members` used in a batch's time; `no` tells the batches apart. */
export function used(members: readonly Person[], no: number, more: { quantity?: number; billable?: boolean }): Fact[] {
  return members.map((of) => ({ type: 'usage.recorded', of, data: { usage_id: `use_${of.id}_${no}`, ...more } }));
}
