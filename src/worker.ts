/** `npm run worker`: folds events, delivers credits, runs what is due. */
import { run } from './serve.ts';

await run('worker', () => process.stdout.write('worker is ready\n'));
