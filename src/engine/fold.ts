/**
 * Folds a batch: each event in order, each alone.
 * Promises: an event that throws leaves no trace in the world and parks with its error; the rest of the batch goes on.
 * Must never: let one event's fault touch another.
 */
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { World } from '../model/world.ts';
import { handle, type Outcome } from './handle.ts';

export type FoldedOutcome = Outcome | { readonly kind: 'parked'; readonly reason: string };

export interface Folded {
  readonly id: bigint;
  readonly outcome: FoldedOutcome;
}

export function fold(world: World, events: readonly FoldEvent[], ctx: FoldContext): Folded[] {
  return events.map((event) => {
    world.mark();
    try {
      return { id: event.id, outcome: handle(world, event, ctx) };
    } catch (error) {
      world.undo();
      return { id: event.id, outcome: { kind: 'parked', reason: describe(error) } };
    }
  });
}

/** One line, no stack: it is shown to admins, and a stack may carry data. */
function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replace(/\s+/g, ' ').slice(0, 500);
}
