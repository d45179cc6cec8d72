/**
 * What a sink says of a credit by itself, after a 202: done, or not.
 * Promises: safe to repeat; ends whatever a sender of ours may be doing with it, whose late result is then refused; the
 * engine is told in the same statement. Must never: believe it of a credit that was never sent, or against what is settled.
 */
import type { Pools } from '../db/pool.ts';
import { INTERNAL_SOURCE } from '../model/commands.ts';
import { FIND_BY_KEY, SETTLE } from './deliveries.sql.ts';
import { eventBody, isReferenceTaken } from './results.ts';
import { usableReference } from './sinks/sink.ts';

export interface SinkWord {
  readonly idempotencyKey: string;
  readonly word: 'confirm' | 'refuse';
  readonly reference?: string | undefined;
  /** Why not; a step of the reward's history keeps it. */
  readonly reason?: string | undefined;
}

/** `conflict`: it contradicts what is settled, or cannot be. */
export type Settled = 'found' | 'unknown_key' | 'conflict';

const SETTLED_AS = { confirm: 'confirmed', refuse: 'refused' } as const;
const OPEN: ReadonlySet<string> = new Set(['accepted', 'sending', 'waiting', 'parked']);
/** A row may change between reading and writing it; it does so a few times in its life. */
const TRIES = 5;

export async function settleAccepted(
  { general }: Pick<Pools, 'general'>,
  programNo: number,
  { idempotencyKey, word, reference, reason }: SinkWord,
  now: Date,
): Promise<{ readonly answer: Settled; readonly told: boolean }> {
  const result = SETTLED_AS[word];
  let kept = usableReference(reference);
  for (let left = TRIES; left > 0; left--) {
    const { rows } = await general.query(FIND_BY_KEY, [programNo, idempotencyKey]);
    const [row] = rows;
    if (!row) return { answer: 'unknown_key', told: false };
    if (row.state === result) return { answer: 'found', told: false };
    if (!OPEN.has(row.state) || row.first_try_at === null) break;
    const [outcome, settledAt] = result === 'confirmed' ? [null, now] : ['refused', null];
    const body = eventBody(row.id, row.reward_id, result, reason);
    const values = [programNo, now, row.id, row.epoch, result, outcome, kept, settledAt, body, INTERNAL_SOURCE];
    try {
      const written = await general.query(SETTLE, values);
      if (written.rowCount === 1) return { answer: 'found', told: true };
    } catch (error) {
      if (!isReferenceTaken(error)) throw error;
      kept = null; // its word stands; the name is another credit's
    }
  }
  return { answer: 'conflict', told: false };
}
