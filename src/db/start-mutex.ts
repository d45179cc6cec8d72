// One process at a time may judge a server dead, clear away its traces and start another: two at once could put two
// servers on one data directory. The mutex is a Linux abstract socket: the kernel frees it with its process, so it is
// never stale and leaves no file. (Elsewhere there is none: PostgreSQL's own lock file has to do.)
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A start with a long crash recovery takes no longer; whoever waits longer is told so by the caller's error. */
const PATIENCE_MS = 120_000;

export async function oneAtATime<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return work();
  const { dev, ino } = statSync(folder);
  const name = `\0plusone-start-${dev}-${ino}`;
  const patience = Date.now() + PATIENCE_MS;
  for (;;) {
    const held = await hold(name);
    if (held) {
      try {
        return await work();
      } finally {
        held.close();
      }
    }
    if (Date.now() > patience)
      throw new Error(`another process has been starting PostgreSQL in ${folder} for too long`);
    await sleep(20);
  }
}

function hold(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen({ path: name }, () => resolve(server));
  });
}
