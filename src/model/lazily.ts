/**
 * What is made when it is first asked for, once.
 * Promises: callers at the same time share one making; a failure is not kept, the next caller tries anew.
 */
export interface Lazy<T> {
  get(): Promise<T>;
  /** Undefined as long as nobody has asked. */
  made(): Promise<T> | undefined;
}

export function lazily<T>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined;
  return {
    get: () => {
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
    made: () => made,
  };
}
