/**
 * The load generator's process, as the bench holds it.
 * Promises: what is asked of it is answered or rejected. Must never: build a body while a clock runs.
 */
import path from 'node:path';
import type { Stream } from './bodies.ts';
import { startChild } from './child.ts';
import { HOST, STRIPE_SECRET, type Started } from './contender.ts';
import type { GeneratorAnswer, Go, Prepare } from './generator.ts';
import type { LoadResult } from './load.ts';

export interface Generator {
  /** Builds and signs; returns the mean size of a body. */
  prepare(started: Started, stream: Stream): Promise<number>;
  /** Sends what was prepared: as fast as it is answered, or so many a second. */
  send(started: Started, perSecond?: number): Promise<LoadResult>;
  stop(): Promise<void>;
}

const CONNECTIONS = 64;

export function startGenerator(folder: string, environment: Readonly<Record<string, string | undefined>>): Generator {
  const command = ['--max-old-space-size=4096', 'scripts/bench/generator.ts'];
  const child = startChild({ command, environment, logFile: path.join(folder, 'generator.log') });
  const ask = (order: Prepare | Go) =>
    new Promise<Exclude<GeneratorAnswer, { did: 'fail' }>>((resolve, reject) => {
      const onExit = () => reject(new Error('the load generator ended'));
      child.process.once('exit', onExit);
      child.process.once('message', (answer: GeneratorAnswer) => {
        child.process.removeListener('exit', onExit);
        if (answer.did === 'fail') reject(new Error(`the load generator: ${answer.message}`));
        else resolve(answer);
      });
      child.process.send(order);
    });
  return {
    prepare: async (started, stream) => {
      const answer = await ask({ do: 'prepare', stream, secret: STRIPE_SECRET, path: started.path });
      return answer.did === 'prepare' ? answer.bodyBytes : 0;
    },
    send: async (started, perSecond) => {
      const target = { host: HOST, port: started.port, connections: CONNECTIONS };
      const answer = await ask({ do: 'go', target, perSecond });
      if (answer.did !== 'go') throw new Error('bug: the generator answered something else');
      return answer.result;
    },
    stop: () => child.stop(),
  };
}
