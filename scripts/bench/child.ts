/**
 * A process of the bench: started, watched, measured, ended by its id.
 * Promises: whatever was started is ended when the bench ends, also by a signal; one that dies early fails the run with
 * the end of its log. Must never: end a process that it did not start.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMPILE_CACHE, NODE_FLAGS } from '../node-flags.mjs';

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The most memory it ever held at once (VmHWM), in MiB; undefined where the system does not tell. */
  peakRssMiB(): number | undefined;
  rssMiB(): number | undefined;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
}

const STOP_PATIENCE_MS = 30_000;
const READY_PATIENCE_MS = 60_000;

const alive = new Set<ChildProcess>();

/** Cuts off what still runs; for the end of the bench, however it comes. */
export function endAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

export function startChild({ command, environment, logFile }: ChildOptions): Child {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...NODE_FLAGS, ...command], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  alive.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('exit', () => alive.delete(child));
  child.on('error', () => {});
  const pid = child.pid ?? 0;
  return {
    pid,
    process: child,
    peakRssMiB: () => memory(pid, 'VmHWM'),
    rssMiB: () => memory(pid, 'VmRSS'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Until it answers 200; returns how long that took from the call, ms. */
export async function untilReady(child: Child, url: string, logFile: string): Promise<number> {
  const start = performance.now();
  while (performance.now() - start < READY_PATIENCE_MS) {
    if (child.process.exitCode !== null) break;
    const ready = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return performance.now() - start;
    await sleep(5);
  }
  throw new Error(`${url} did not become ready: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
}

/**
 * Below the ports that systems give to outgoing connections: asking again and again at one of those, before anybody
 * listens there, may connect to itself and take the port.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

function memory(pid: number, field: 'VmHWM' | 'VmRSS'): number | undefined {
  try {
    const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes ? Number(kilobytes) / 1024 : undefined;
  } catch {
    return undefined;
  }
}
