/**
 * The demo's billing system, as the demo holds it.
 * Promises: its process ends with the demo. Must never: be asked two things at once.
 */
import { fork } from 'node:child_process';
import path from 'node:path';
import type { SinkAnswer, SinkOrder } from './billing-sink.ts';

export interface BillingSink {
  readonly url: string;
  useSecret(secret: string): Promise<void>;
  set(up: boolean): Promise<void>;
  /** What it was given, net of reversals, minor units; and by how many orders. */
  total(): Promise<{ readonly total: number; readonly credits: number }>;
  stop(): void;
}

export async function startBillingSink(): Promise<BillingSink> {
  const child = fork(path.join(import.meta.dirname, 'billing-sink.ts'), { execArgv: [] });
  const next = () =>
    new Promise<SinkAnswer>((resolve, reject) => {
      const onExit = () => reject(new Error('the billing sink ended'));
      child.once('exit', onExit);
      child.once('message', (answer: SinkAnswer) => {
        child.removeListener('exit', onExit);
        resolve(answer);
      });
    });
  const ask = async (order: SinkOrder) => {
    const answered = next();
    child.send(order);
    const answer = await answered;
    if (answer.did !== 'done') throw new Error('bug: the billing sink answered something else');
    return answer;
  };
  const listening = await next();
  if (listening.did !== 'listen') throw new Error('bug: the billing sink did not say its port');
  return {
    url: `http://127.0.0.1:${listening.port}/credits`,
    useSecret: async (secret) => void (await ask({ do: 'secret', secret })),
    set: async (up) => void (await ask({ do: 'set', up })),
    total: () => ask({ do: 'total' }),
    stop: () => child.disconnect(),
  };
}
