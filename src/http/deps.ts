/**
 * What the HTTP layer is given, and what it expects of those who implement it; src/compose.ts fills it in.
 * Promises: expected outcomes are values; only "the database is away" (db/transaction.ts isUnavailable) and "the
 * program is busy" (engine/run.ts ProgramBusy) arrive as errors, and are answered with 503. Must never: hold a
 * connection, a secret of a program's sink or a decision.
 */
import type { Logger } from 'pino';
import type { Env } from '../config/env.ts';
import type { KeptSecrets } from '../config/kept-secrets.ts';
import type { Pools } from '../db/pool.ts';
import type { SinkWord } from '../delivery/settle-accepted.ts';
import type { Funding } from '../fund/funding.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { Command, CommandRefusal } from '../model/commands.ts';
import type { LoadedProgram } from '../model/program.ts';
import type { Provider } from '../model/provider.ts';
import type { PublicId } from './dialects/ids.ts';
import type { CountBig } from './kept.ts';
import type { OidcSignIn } from './member/oidc.ts';
import type { MemberTokens } from './member/tokens.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Recorder } from './visits/recorder.ts';

/** A verified event on its way into the inbox; the receiver stamps received_at. */
export interface IncomingEvent {
  readonly programNo: number;
  readonly source: string;
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date | undefined;
  /** As received, valid UTF-8. */
  readonly body: string | Buffer;
  /** The same, parsed, so that nobody parses twice. */
  readonly parsed: unknown;
  /** Prefer: wait: what it plans is delivered with one try. */
  readonly triedOnce: boolean;
}

/** A command is an event of the internal source; `inboxId` names its row, for `settle`. */
export type Submitted =
  | { readonly ok: true; readonly inboxId: bigint }
  | { readonly ok: false; readonly code: CommandRefusal };

export interface OpenedSecret {
  readonly email: string | null;
  readonly name: string | null;
}

/** Seals what only this deployment may read, and belongs to no program. */
export interface Vault {
  seal(text: string): { readonly version: number; readonly sealed: Buffer };
  open(version: number, sealed: Buffer): string;
}

/** Mails are planned here and sent elsewhere. */
export interface Mail extends Outbox {
  /** The keyed hash by which an address (as matched) is known. */
  hashOf(loaded: LoadedProgram, address: string): string;
  openAddress(programNo: number, keyVersion: number, sealed: Buffer): string;
}

/** Clicks and claims of visitors. */
export interface Visits extends Pick<Recorder, 'click' | 'claim'> {
  /** By which browsers hash addresses; anybody may know it. */
  publicKey(loaded: LoadedProgram): string;
}

export interface Deps {
  readonly env: Pick<Env, 'publicUrl' | 'trustProxy' | 'testClock'>;
  readonly log: Logger;
  readonly pools: Pick<Pools, 'general' | 'knex' | 'statement'>;
  readonly adminToken: string;
  readonly clock: { now(): Promise<Date> };
  readonly programs: {
    byName(name: string): LoadedProgram | undefined;
    /** Lower-case, without a port. */
    byHost(host: string): LoadedProgram | undefined;
    all(): readonly LoadedProgram[];
  };
  readonly keptSecrets: KeptSecrets;
  readonly providers: ReadonlyMap<string, Provider>;
  /** Resolves only after the row has committed. */
  receive(event: IncomingEvent): Promise<{ readonly id: bigint; readonly duplicate: boolean }>;
  submit(programNo: number, command: Command, options?: { readonly triedOnce?: boolean }): Promise<Submitted>;
  /** Until the event's effects are committed and its deliveries tried once, or the time is up; wakes the engine. */
  settle(programNo: number, inboxId: bigint, timeoutMs: number): Promise<void>;
  /** The sink's later word on a credit that it answered with 202. */
  settleAccepted(programNo: number, said: SinkWord): Promise<'done' | 'unknown_key' | 'conflict'>;
  /** The keys under which a code with this text may be kept: its own, and once its member is erased a keyed hash. */
  codeKeys(programNo: number, written: string): readonly string[];
  /** A member asked for this code: it is to stand at the providers, too, where the program file says so. */
  promote(loaded: LoadedProgram, code: string): Promise<void>;
  /** Blanks what names people of this program who are erased; resolves when it has looked everywhere. */
  sweepErasures(programNo: number): Promise<void>;
  /** Returns when all that falls due by then is done. */
  advanceClock(to: Date): Promise<'done' | 'clock_backwards'>;
  schemaCurrent(): Promise<boolean>;
  /** Checks members' tokens as the program file says. */
  readonly tokens: MemberTokens;
  /** Signs members in by the product's identity provider. */
  readonly oidc: OidcSignIn;
  readonly countBig: CountBig;
  readonly limits: RateLimits;
  readonly mail: Mail;
  readonly fund: Pick<Funding, 'ports' | 'settle' | 'wake'>;
  readonly publicId: PublicId;
  readonly vault: Vault;
  readonly visits: Visits;
  /** Address and name as kept for a person, decrypted; undefined when there are none. */
  openSecret(programNo: number, personId: bigint): Promise<OpenedSecret | undefined>;
  /** The same of many, in one statement; who has none is not in it. */
  openSecrets(programNo: number, personIds: readonly bigint[]): Promise<ReadonlyMap<bigint, OpenedSecret>>;
}
