/**
 * One background loop a program, woken when something may be due.
 * Promises: a wake that comes while the loop runs makes it run once more; programs do not wait for one another. Must
 * never: end the process because one program's run failed; its next wake tries again.
 */
export interface Loops {
  start(): void;
  /** Resolves when the runs under way have ended. */
  stop(): Promise<void>;
  wake(programNo: number): void;
}

export function createLoops(
  run: (programNo: number) => Promise<unknown>,
  onError: (programNo: number, error: unknown) => void,
): Loops {
  const running = new Map<number, Promise<void>>();
  const again = new Set<number>();
  let started = false;

  const loop = async (programNo: number) => {
    do {
      again.delete(programNo);
      await run(programNo).catch((error: unknown) => onError(programNo, error));
    } while (started && again.has(programNo));
    running.delete(programNo);
  };

  return {
    start: () => {
      started = true;
    },
    stop: async () => {
      started = false;
      await Promise.all(running.values());
    },
    wake: (programNo) => {
      if (!started) return;
      if (running.has(programNo)) again.add(programNo);
      else running.set(programNo, loop(programNo));
    },
  };
}
