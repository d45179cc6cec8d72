/**
 * What the fold is given beside the world: the event, the program, and the few things that are not in either.
 * Promises: with the same world, events, program, now and ids the fold does the same. Must never: offer a clock, a
 * random source or a connection.
 */
import type { Command } from './commands.ts';
import type { Normalized } from './facts.ts';
import type { LoadedProgram } from './program.ts';

export interface FoldEvent {
  /** Row of the inbox: the cause of all that it does. */
  readonly id: bigint;
  readonly source: string;
  readonly eventId: string;
  readonly type: string;
  readonly receivedAt: Date;
  readonly occurredAt: Date | null;
  /** Prefer: wait: what it plans is delivered with one try. */
  readonly triedOnce: boolean;
  readonly content:
    | { readonly kind: 'facts'; readonly normalized: Normalized }
    | { readonly kind: 'command'; readonly command: Command };
}

/** visitor: the browser's own id. device: address and browser. claim: what a browser told of an address. */
export type VisitHash = 'visitor' | 'device' | 'claim';

export interface Keyed {
  /** A keyed hash that reveals nothing without the deployment's secret; the same for ever for one program. */
  hash(
    kind: 'email' | 'domain' | 'ip' | 'fingerprint' | 'instrument' | 'voucher' | 'contributor' | VisitHash,
    value: string,
  ): string;
  /** What a browser makes of an address (as matched) by the program's public key. */
  told(address: string): string;
  /** A referral code derived from a member id; attempt 1, 2 … when the ones before are taken. */
  code(memberId: string, name: string | undefined, attempt: number): string;
  /** Under which a code's text is known once its member is erased; `key`: the text in lower case. */
  hiddenCode(key: string): string;
}

export interface FoldContext {
  readonly loaded: LoadedProgram;
  /** The decision's time; never the event's. */
  readonly now: Date;
  readonly nextId: () => bigint;
  readonly keyed: Keyed;
  readonly isPublicMailbox: (domain: string) => boolean;
  /** A throw-away mailbox. */
  readonly isDisposable: (domain: string) => boolean;
  /** /24 or /64 of an address as text, or undefined when it is not one. */
  readonly subnetOf: (ip: string) => string | undefined;
}

/** Who stands behind a change: the event, and for commands a person with a note. */
export interface Cause {
  readonly id: bigint;
  readonly at: Date;
  readonly triedOnce: boolean;
  readonly actor: string | null;
  readonly note: string | null;
}
