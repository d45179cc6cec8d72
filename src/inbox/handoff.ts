/**
 * Parsed events on their way from intake to engine in one process: a cache of the inbox that may miss.
 * Promises: bounded by bytes; keyed by the committed row's id. Must never: be needed; the row is the truth.
 */

/** 50,000 waiting events of 4 KB would be 200 MB; what does not fit is read from the inbox again. */
const BYTES_MAX = 64 * 1024 * 1024;

/** A parsed body takes several times its text. */
const OVERHEAD = 3;

export class Handoff<E extends { readonly id: bigint }> {
  readonly #events = new Map<string, { event: E; bytes: number }>();
  #bytes = 0;

  put(programNo: number, event: E, bodyBytes: number): void {
    const bytes = bodyBytes * OVERHEAD;
    if (this.#bytes + bytes > BYTES_MAX) return;
    this.#events.set(`${programNo} ${event.id}`, { event, bytes });
    this.#bytes += bytes;
  }

  get(programNo: number, id: bigint): E | undefined {
    return this.#events.get(`${programNo} ${id}`)?.event;
  }

  drop(programNo: number, ids: readonly bigint[]): void {
    for (const id of ids) {
      const key = `${programNo} ${id}`;
      this.#bytes -= this.#events.get(key)?.bytes ?? 0;
      this.#events.delete(key);
    }
  }
}
