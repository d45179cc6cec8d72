/**
 * Sends prepared requests over keep-alive connections and times the answers.
 * Promises: nothing is built or signed while the clock runs; in the open loop a request's time counts from when it was
 * due, whether or not a connection was free (no coordinated omission). Must never: send a request twice; a broken
 * connection ends the run.
 */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
}

/** Times are milliseconds of the monotonic clock, which all processes of a machine share. */
export interface LoadResult {
  readonly startedAt: number;
  readonly answeredAt: number;
  readonly answered: number;
  /** By status, other than 200. */
  readonly refused: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** What the generator itself used, of one core. */
  readonly cpu: number;
}

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

interface Connection {
  /** Resolves with the status once the whole answer is there. */
  send(request: Buffer): Promise<number>;
  close(): void;
}

/** Each connection sends its next request when the answer to the last is there: as fast as the other side can. */
export async function closedLoop(target: Target, requests: readonly Buffer[]): Promise<LoadResult> {
  const connections = await connect(target);
  const clock = stopwatch(requests.length);
  let next = 0;
  const run = async (connection: Connection) => {
    while (next < requests.length) {
      const request = requests[next++] as Buffer;
      const sentAt = monotonicMs();
      clock.note(await connection.send(request), sentAt);
    }
  };
  await Promise.all(connections.map(run));
  for (const each of connections) each.close();
  return clock.result();
}

/** A fixed number of requests a second, whatever the answers do. */
export async function openLoop(target: Target, requests: readonly Buffer[], perSecond: number): Promise<LoadResult> {
  const connections = await connect(target);
  const clock = stopwatch(requests.length);
  const idle = [...connections];
  const due: { request: Buffer; at: number }[] = [];
  const underWay = new Set<Promise<void>>();
  let waiting = 0;
  const pump = () => {
    while (idle.length > 0 && waiting < due.length) {
      const { request, at } = due[waiting++] as { request: Buffer; at: number };
      const connection = idle.pop() as Connection;
      const answered = connection.send(request).then((status) => {
        clock.note(status, at);
        idle.push(connection);
        underWay.delete(answered);
        pump();
      });
      underWay.add(answered);
    }
  };
  const start = monotonicMs();
  for (let next = 0; next < requests.length; ) {
    for (const now = monotonicMs(); next < requests.length; next++) {
      const at = start + (next * 1000) / perSecond;
      if (at > now) break;
      due.push({ request: requests[next] as Buffer, at });
    }
    pump();
    await sleep(1);
  }
  while (underWay.size > 0) await Promise.all(underWay);
  for (const each of connections) each.close();
  return clock.result();
}

function stopwatch(count: number) {
  const startedAt = monotonicMs();
  const cpuBefore = process.cpuUsage();
  const times = new Float64Array(count);
  const refused: Record<string, number> = {};
  let answered = 0;
  let answeredAt = startedAt;
  return {
    note: (status: number, since: number) => {
      answeredAt = monotonicMs();
      times[answered++] = answeredAt - since;
      if (status !== 200) refused[status] = (refused[status] ?? 0) + 1;
    },
    result: (): LoadResult => {
      const used = process.cpuUsage(cpuBefore);
      const sorted = times.subarray(0, answered).sort();
      const at = (share: number) => sorted[Math.min(answered - 1, Math.ceil(answered * share) - 1)] ?? 0;
      const cpu = (used.user + used.system) / 1000 / (answeredAt - startedAt);
      return { startedAt, answeredAt, answered, refused, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), cpu };
    },
  };
}

async function connect(target: Target): Promise<Connection[]> {
  return await Promise.all(Array.from({ length: target.connections }, () => openConnection(target)));
}

/** Answers with a Content-Length, which both contenders give; a body in chunks is not understood and says so. */
async function openConnection({ host, port }: Target): Promise<Connection> {
  const socket = net.connect({ host, port, noDelay: true });
  let settle: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  let received = '';
  const fail = (error: Error) => settle?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection was closed before the answer')));
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(received)?.[1];
    if (length === undefined) return fail(new Error('an answer without Content-Length'));
    if (received.length < headEnd + 4 + Number(length)) return;
    const status = Number(received.slice(9, 12));
    const { resolve } = settle ?? {};
    settle = undefined;
    received = '';
    resolve?.(status);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}
