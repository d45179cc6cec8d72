/**
 * How work on several programs goes side by side.
 * Promises: one program's failure keeps no other from its turn, and is thrown when all had theirs; the same work on the
 * same program never runs twice at once in a process. Must never: queue up more than one run behind the present one.
 */

/** At most `width` at a time. */
export async function forEach<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  const left = items.values();
  const lane = async () => {
    for (const item of left) await work(item).catch((error: unknown) => errors.push(error));
  };
  await Promise.all(Array.from({ length: width }, lane));
  if (errors.length > 0)
    throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(String).join('; '));
}

/**
 * What is asked for while it runs is done once more behind it. Whoever finds that next run waiting already returns at
 * once: it will see what they saw, and its error has somebody to hear it.
 */
export function oneAtATime(work: (programNo: number) => Promise<void>): (programNo: number) => Promise<void> {
  const present = new Map<number, Promise<void>>();
  const waiting = new Set<number>();
  const run = (programNo: number): Promise<void> => {
    waiting.delete(programNo);
    const mine = work(programNo).finally(() => {
      if (!waiting.has(programNo)) present.delete(programNo);
    });
    present.set(programNo, mine);
    return mine;
  };
  return async (programNo) => {
    const before = present.get(programNo);
    if (!before) return await run(programNo);
    if (waiting.has(programNo)) return;
    waiting.add(programNo);
    await before.catch(() => {}); // whoever asked for that run hears of it
    await run(programNo);
  };
}
