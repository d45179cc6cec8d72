/**
 * Notices that the program files have changed.
 * Promises: looks at names, sizes and times only, so it works wherever a folder can be mounted; waits until a file is
 * written, and tries again what could not be taken up. Must never: keep the process alive.
 */
import { statSync } from 'node:fs';
import { programFiles } from './programs.ts';

export interface Watched {
  stop(): void;
}

export function watchFolder(dir: string, everyMs: number, changed: () => Promise<unknown>): Watched {
  let taken = signatureOf(dir);
  let seen = taken;
  let isBusy = false;
  const look = async (): Promise<void> => {
    const now = signatureOf(dir);
    const isStill = now === seen;
    seen = now;
    if (isBusy || !isStill || now === taken) return;
    isBusy = true;
    await changed().then(
      () => {
        taken = now;
      },
      () => {}, // looked at again the next time
    );
    isBusy = false;
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return { stop: () => clearInterval(timer) };
}

function signatureOf(dir: string): string {
  try {
    return programFiles(dir)
      .map((file) => {
        const { size, mtimeMs, ino } = statSync(file);
        return `${file}\n${size}\n${mtimeMs}\n${ino}`;
      })
      .join('\n');
  } catch {
    return '';
  }
}
