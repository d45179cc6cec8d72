/**
 * Writes what came of the tries: rows, attempts and the engine's events, those of one program together.
 * Promises: a result is written whole or not at all, and only by the sender that still holds the delivery; results that
 * come while a write is under way go with the next one. Must never: write a reference that another delivery has, or
 * drop a result because the database was away for a moment.
 */
import pRetry from 'p-retry';
import type { Pools } from '../db/pool.ts';
import { isRetryable, isUnavailable, sqlState } from '../db/transaction.ts';
import { type Command, INTERNAL_SOURCE } from '../model/commands.ts';
import { SAVE_RESULTS } from './deliveries.sql.ts';
import type { Claimed, DeliveryResult, Round, Verdict } from './verdict.ts';

export interface Result {
  readonly claimed: Claimed;
  readonly round: Round;
  readonly verdict: Verdict;
  /** The service's time. */
  readonly at: Date;
}

export interface ResultsOptions {
  readonly pools: Pick<Pools, 'general' | 'statement'>;
  readonly log: (line: string) => void;
  /** There is something for the engine. */
  readonly onResults: (programNo: number) => void;
}

interface Waiting {
  readonly result: Result;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Some 6 s in all, well within the lease. */
const WRITE_RETRIES = { retries: 6, minTimeout: 100, factor: 2 };

export type SaveResult = (programNo: number, result: Result) => Promise<void>;

export function createResultWriter(options: ResultsOptions): SaveResult {
  const queues = new Map<number, Waiting[]>();

  const flush = async (programNo: number, waiting: Waiting[]) => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0);
      try {
        await saveBatch(
          options,
          programNo,
          batch.map(({ result }) => result),
        );
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(programNo);
  };

  return (programNo, result) =>
    new Promise((resolve, reject) => {
      const queue = queues.get(programNo);
      const entry = { result, resolve, reject };
      if (queue) return void queue.push(entry);
      const fresh = [entry];
      queues.set(programNo, fresh);
      void flush(programNo, fresh);
    });
}

async function saveBatch(options: ResultsOptions, programNo: number, results: readonly Result[]): Promise<void> {
  try {
    await save(options, programNo, results);
  } catch (error) {
    if (!isReferenceTaken(error)) throw error;
    const [only] = results;
    if (results.length > 1) for (const result of results) await saveBatch(options, programNo, [result]);
    else if (only) await save(options, programNo, [withReferenceTaken(only)]);
  }
}

/**
 * Two of our operations on one object of a provider: somebody has to look. A webhook's reference is whatever the
 * product calls it, and its yes stands.
 */
function withReferenceTaken({ claimed, round, verdict, at }: Result): Result {
  const attempts = round.attempts.with(-1, {
    ...(round.attempts.at(-1) as Round['attempts'][number]),
    detail: 'reference_of_another_credit',
  });
  if (claimed.sink === 'webhook')
    return { claimed, round: { ...round, attempts }, verdict: { ...verdict, reference: null }, at };
  const parked: Verdict = {
    ...verdict,
    state: 'parked',
    outcome: 'unknown',
    reference: null,
    settledAt: null,
    tell: 'unknown',
  };
  return { claimed, round: { ...round, attempts }, verdict: parked, at };
}

async function save(
  { pools, log, onResults }: ResultsOptions,
  programNo: number,
  results: readonly Result[],
): Promise<void> {
  const values = [programNo, ...rowArrays(results), ...attemptArrays(results), INTERNAL_SOURCE];
  const { rows } = await persistently(() =>
    pools.general.query<{ id: bigint; told: boolean }>(pools.statement('save delivery results', SAVE_RESULTS, values)),
  );
  const written = new Set(rows.map(({ id }) => id));
  for (const { claimed } of results) {
    if (!written.has(claimed.id))
      log(`delivery ${claimed.id} of program ${programNo}: late result refused (epoch ${claimed.epoch})`);
  }
  if (rows.some(({ told }) => told)) onResults(programNo);
}

/** The database may be away for a moment while the sink's answer is known only here. */
function persistently<T>(query: () => Promise<T>): Promise<T> {
  return pRetry(query, {
    ...WRITE_RETRIES,
    shouldRetry: ({ error }) => isUnavailable(error) || isRetryable(error),
  });
}

function rowArrays(results: readonly Result[]): unknown[][] {
  const column = <T>(of: (result: Result) => T): T[] => results.map(of);
  return [
    column(({ claimed }) => claimed.id),
    column(({ claimed }) => claimed.epoch),
    column(({ verdict }) => verdict.state),
    column(({ verdict }) => verdict.outcome),
    column(({ verdict }) => verdict.retries),
    column(({ verdict }) => verdict.firstTryAt),
    column(({ verdict }) => verdict.nextTryAt),
    column(({ verdict }) => verdict.reference),
    column(({ verdict }) => verdict.settledAt),
    column(({ round }) => round.attempts.length),
    column(({ at }) => at),
    column(({ claimed, verdict }) => verdict.tell && eventBody(claimed.id, claimed.rewardId, verdict.tell)),
  ];
}

function attemptArrays(results: readonly Result[]): unknown[][] {
  const tries = results.flatMap(({ claimed, round }) =>
    round.attempts.map((attempt, index) => ({ ...attempt, id: claimed.id, no: claimed.attempts + index + 1 })),
  );
  return [
    tries.map(({ id }) => id),
    tries.map(({ no }) => no),
    tries.map(({ at }) => at),
    tries.map(({ action }) => action),
    tries.map(({ outcome }) => outcome),
    tries.map(({ status }) => status),
    tries.map(({ detail }) => detail),
    tries.map(({ durationMs }) => durationMs),
  ];
}

export function eventBody(deliveryId: bigint, rewardId: bigint, result: DeliveryResult, note?: string): string {
  const command: Command = {
    command: 'delivery.result',
    deliveryId: String(deliveryId),
    rewardId: String(rewardId),
    result,
    ...(note === undefined ? {} : { note }),
  };
  return JSON.stringify(command);
}

export function isReferenceTaken(error: unknown): boolean {
  return sqlState(error) === '23505' && (error as { constraint?: string }).constraint === 'deliveries_reference_key';
}
