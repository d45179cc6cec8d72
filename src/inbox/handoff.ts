/**
 * What intake has already read of an event, on its way to the engine in the same process: a cache of the inbox that
 * may miss.
 * Promises: bounded; keyed by the committed row's id. Must never: be needed; the row is the truth.
 */

/** Facts of one webhook take two to three kilobytes; what does not fit is read again. */
const EVENTS_MAX = 8_000;

export class Handoff<E> {
  readonly #events = new Map<string, E>();

  put(programNo: number, id: bigint, event: E): void {
    if (this.#events.size < EVENTS_MAX) this.#events.set(`${programNo} ${id}`, event);
  }

  /** Takes it out: an event that is folded again, after a failure, is read from its row. */
  take(programNo: number, id: bigint): E | undefined {
    const key = `${programNo} ${id}`;
    const event = this.#events.get(key);
    if (event !== undefined) this.#events.delete(key);
    return event;
  }
}
