// A small service for the tests of the embedded server, run as a process of its own so that it can be killed:
// node embedded-process.ts DATA_DIR. It prints one line of JSON when it is ready, and stops on SIGTERM.
import { startEmbedded } from '../../src/db/embedded.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  const embedded = await startEmbedded(dataDir, { log: (line) => console.log(JSON.stringify({ log: line })) });
  await embedded.ensureDatabase('plusone');
  const { folder } = embedded;
  console.log(JSON.stringify({ ownerUrl: embedded.ownerUrl('plusone'), appUrl: embedded.appUrl('plusone'), folder }));
  const stop = () => void embedded.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  // A test run that was killed must not leave us behind.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), 500);
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
  process.exit(1);
}
