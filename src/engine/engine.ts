/**
 * The engine as the rest of the service sees it: wake it, drain it, tell it a command and hear what became of it.
 * Promises: one loop per program and process, running while there is something to do; a command's answer is what was
 * committed. Must never: run two batches of one program at once, in however many processes.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../db/transaction.ts';
import { IS_ANY_QUEUED, IS_QUEUED, QUEUED_PROGRAMS, READ_OUTCOME } from '../inbox/inbox.sql.ts';
import type { NewEvent, Received } from '../inbox/receive.ts';
import { type Command, type CommandRefusal, INTERNAL_SOURCE } from '../model/commands.ts';
import type { LoadedProgram } from '../model/program.ts';
import { BATCH_MAX, type EnginePorts, ProgramBusy, runBatch } from './run.ts';

export type Submitted =
  | { readonly ok: true; readonly id: bigint }
  | { readonly ok: false; readonly code: CommandRefusal };

export interface EngineOptions extends EnginePorts {
  readonly programByNo: (no: number) => LoadedProgram | undefined;
  readonly receive: (event: NewEvent) => Promise<Received>;
  /** Told after each commit. */
  readonly onBatch: (
    loaded: LoadedProgram,
    result: { handled: number; plannedDeliveries: boolean; parked: number; suspended?: boolean },
  ) => void;
  readonly onError: (loaded: LoadedProgram, error: unknown) => void;
}

/** How long a loop that could not run (lock elsewhere, database away) waits before it looks again. */
const RETRY_MS = 50;
const AWAY_MS = 500;
/** A caller is told 503 after this. */
const WAIT_MS = 10_000;

export class Engine {
  readonly #options: EngineOptions;
  readonly #running = new Map<number, Promise<void>>();
  readonly #again = new Set<number>();
  #stopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** There may be something to do for this program. Returns at once. */
  wake(programNo: number): void {
    if (this.#stopped) return;
    if (this.#running.has(programNo)) {
      this.#again.add(programNo);
      return;
    }
    const loop = this.#loop(programNo).finally(() => {
      this.#running.delete(programNo);
      if (this.#again.delete(programNo)) this.wake(programNo);
    });
    this.#running.set(programNo, loop);
  }

  /** Wakes whatever has something queued: after a start, and as the poll of a worker without LISTEN. */
  async wakeQueued(): Promise<void> {
    const { rows } = await this.#options.pool.query(QUEUED_PROGRAMS);
    for (const row of rows) this.wake(row.program_no as number);
  }

  /** Puts a command in the inbox and folds until it is done. Rejects ProgramBusy when the lock cannot be had in time. */
  async submit(
    programNo: number,
    command: Command,
    options: { eventId?: string; triedOnce?: boolean } = {},
  ): Promise<Submitted> {
    const now = await this.#options.now();
    const { id } = await this.#options.receive({
      programNo,
      source: INTERNAL_SOURCE,
      eventId: options.eventId ?? `${command.command}:${randomUUID()}`,
      type: command.command,
      receivedAt: now,
      occurredAt: now,
      triedOnce: options.triedOnce ?? false,
      body: JSON.stringify(command),
    });
    await this.drainUntil(programNo, id);
    const { rows } = await this.#options.pool.query(READ_OUTCOME, [programNo, id]);
    const { outcome, reason } = rows[0] as { outcome: string | null; reason: string | null };
    if (outcome === 'parked') throw new Error(`the command was parked: ${reason}`);
    return outcome === 'ignored' ? { ok: false, code: reason as CommandRefusal } : { ok: true, id };
  }

  /** Waits until this event has been handled, by the loop of this process or by another's. */
  async drainUntil(programNo: number, id: bigint): Promise<void> {
    const end = performance.now() + WAIT_MS;
    while (await this.#isQueued(programNo, id)) {
      if (performance.now() > end) throw new ProgramBusy(programNo);
      await this.catchUp(programNo);
    }
  }

  /** Folds what is queued. Any number of callers share one loop: each with a connection of its own would run out of them. */
  async catchUp(programNo: number): Promise<void> {
    if (!this.#running.has(programNo)) {
      // Asked often when there is nothing: one look is a fifth of what an empty batch costs.
      const { pool, statement } = this.#options;
      const { rowCount } = await pool.query(statement('is any queued', IS_ANY_QUEUED, [programNo]));
      if (!rowCount) return;
    }
    this.wake(programNo);
    await Promise.race([this.#running.get(programNo), sleep(RETRY_MS)]);
  }

  /** Folds in this very call until nothing is queued; rejects when it cannot. */
  async drain(programNo: number): Promise<void> {
    const loaded = this.#program(programNo);
    while ((await this.#batch(loaded, true)) > 0);
  }

  /** Lets the batches under way end; nothing new begins. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#running.values());
  }

  async #isQueued(programNo: number, id: bigint): Promise<boolean> {
    const { rowCount } = await this.#options.pool.query(IS_QUEUED, [programNo, id]);
    return (rowCount ?? 0) > 0;
  }

  #program(programNo: number): LoadedProgram {
    const loaded = this.#options.programByNo(programNo);
    if (!loaded) throw new Error(`bug: no program ${programNo}`);
    return loaded;
  }

  async #batch(loaded: LoadedProgram, wait: boolean): Promise<number> {
    const result = await runBatch(this.#options, loaded, { wait, limit: BATCH_MAX });
    if (result.handled > 0) this.#options.onBatch(loaded, result);
    return result.handled;
  }

  async #loop(programNo: number): Promise<void> {
    while (!this.#stopped) {
      // Asked anew for each batch: the program file may have changed meanwhile.
      const loaded = this.#options.programByNo(programNo);
      if (!loaded) return;
      try {
        if ((await this.#batch(loaded, false)) === 0) return;
      } catch (error) {
        if (error instanceof ProgramBusy) {
          await sleep(RETRY_MS);
          continue;
        }
        this.#options.onError(loaded, error);
        await sleep(isUnavailable(error) ? AWAY_MS : RETRY_MS);
        if (!isUnavailable(error)) return;
      }
    }
  }
}
