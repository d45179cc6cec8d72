/** `npm run web`: takes webhooks and answers; workers fold what it takes. */
import { run } from './serve.ts';

await run('web', ({ url }) => process.stdout.write(`web is ready: ${url}\n`));
