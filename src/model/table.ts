/**
 * One table of the world in memory: records by key, and by the few other things they are looked up by.
 * Promises: what was put since `mark()` can be taken back whole, so that an event that throws leaves no trace; knows
 * which records are new and which were loaded and changed. Must never: hand out a record that can be changed in place.
 */
export type Key = string | bigint;

export interface TableOptions<R> {
  readonly key: (record: R) => Key;
  readonly indexes?: Readonly<Record<string, (record: R) => Key | null>>;
}

interface Index<R> {
  readonly of: (record: R) => Key | null;
  /** Most values name one record: a set of one would be most of what a batch keeps alive. */
  readonly keys: Map<Key, Key | Set<Key>>;
}

export class Table<R> {
  readonly #options: TableOptions<R>;
  readonly #records = new Map<Key, R>();
  readonly #indexes = new Map<string, Index<R>>();
  readonly #loaded = new Set<Key>();
  readonly #dirty = new Set<Key>();
  #journal: { key: Key; before: R | undefined; wasDirty: boolean }[] = [];

  constructor(options: TableOptions<R>) {
    this.#options = options;
    for (const [name, of] of Object.entries(options.indexes ?? {})) this.#indexes.set(name, { of, keys: new Map() });
  }

  get(key: Key): R | undefined {
    return this.#records.get(key);
  }

  /** Records whose index has this value, in the order they came. */
  by(index: string, value: Key): R[] {
    const keys = this.#indexes.get(index)?.keys.get(value);
    if (keys === undefined) return [];
    if (!(keys instanceof Set)) return [this.#records.get(keys) as R];
    return Array.from(keys, (key) => this.#records.get(key) as R);
  }

  all(): IterableIterator<R> {
    return this.#records.values();
  }

  /** From the database: known, not dirty. Never overwrites what this batch has already changed. */
  load(record: R): void {
    const key = this.#options.key(record);
    if (this.#records.has(key)) return;
    this.#loaded.add(key);
    this.#set(key, record);
  }

  put(record: R): void {
    const key = this.#options.key(record);
    this.#journal.push({ key, before: this.#records.get(key), wasDirty: this.#dirty.has(key) });
    this.#set(key, record);
    this.#dirty.add(key);
  }

  /** Takes a record out; only one that no money ever stood behind may go. */
  remove(key: Key): void {
    this.#journal.push({ key, before: this.#records.get(key), wasDirty: this.#dirty.has(key) });
    this.#remove(key);
    this.#dirty.add(key);
  }

  /** From here on `undo` goes back to. */
  mark(): void {
    if (this.#journal.length > 0) this.#journal = [];
  }

  undo(): void {
    for (const { key, before, wasDirty } of this.#journal.reverse()) {
      if (before === undefined) this.#remove(key);
      else this.#set(key, before);
      if (!wasDirty) this.#dirty.delete(key);
    }
    this.#journal = [];
  }

  /** Keys of loaded records that were removed. */
  removed(): Key[] {
    return Array.from(this.#dirty).filter((key) => this.#loaded.has(key) && !this.#records.has(key));
  }

  inserted(): R[] {
    return this.#pick((key) => !this.#loaded.has(key));
  }

  updated(): R[] {
    return this.#pick((key) => this.#loaded.has(key));
  }

  #pick(wanted: (key: Key) => boolean): R[] {
    const picked: R[] = [];
    for (const key of this.#dirty) {
      const record = this.#records.get(key);
      if (record !== undefined && wanted(key)) picked.push(record);
    }
    return picked;
  }

  #set(key: Key, record: R): void {
    const before = this.#records.get(key);
    this.#records.set(key, record);
    for (const { of, keys } of this.#indexes.values()) {
      const was = before === undefined ? null : of(before);
      const is = of(record);
      if (was === is) continue;
      if (was !== null) forget(keys, was, key);
      if (is !== null) remember(keys, is, key);
    }
  }

  #remove(key: Key): void {
    const before = this.#records.get(key);
    this.#records.delete(key);
    if (before === undefined) return;
    for (const { of, keys } of this.#indexes.values()) {
      const value = of(before);
      if (value !== null) forget(keys, value, key);
    }
  }
}

function remember(keys: Index<unknown>['keys'], value: Key, key: Key): void {
  const held = keys.get(value);
  if (held === undefined) keys.set(value, key);
  else if (held instanceof Set) held.add(key);
  else if (held !== key) keys.set(value, new Set([held, key]));
}

function forget(keys: Index<unknown>['keys'], value: Key, key: Key): void {
  const held = keys.get(value);
  if (held instanceof Set) held.delete(key);
  else if (held === key) keys.delete(value);
}
