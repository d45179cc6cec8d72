/**
 * `npm run cli -- …`: the operator's command line. Each command is a line here and a function in src/cli.
 * Promises: exit code 0, or 1 with the reason in one line on standard error; --json for machines. Must never: need a
 * running service, or disturb one.
 *
 * A command loads what it needs when it is asked for: providers' SDKs alone take a third of a second.
 */
import { Command } from 'commander';
import { KEY_SCOPES } from './accounts/keys.ts';
import type { CatchUpOptions } from './cli/catch-up.ts';
import { type Cli, Failed } from './cli/command.ts';
import { migrateDatabase, withDatabase } from './cli/database.ts';
import type { ListOptions, ReplayOptions } from './cli/events.ts';
import { addFundCommands } from './cli/fund-commands.ts';
import type { NewKeyOptions } from './cli/keys.ts';
import { createOutput } from './cli/output.ts';
import type { VerifyOptions } from './cli/verify.ts';
import { ConfigError, type Env, readEnv } from './config/env.ts';
import { ProgramError } from './config/program-problems.ts';
import { isUnavailable } from './db/transaction.ts';

const keys = () => import('./cli/keys.ts');
const events = () => import('./cli/events.ts');
const programFiles = () => import('./cli/programs.ts');
const kinds = () => import('./kinds.ts');

const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

let known: Env | undefined;
const env = (): Env => (known ??= readEnv());

const program = new Command('npm run cli --')
  .description('Plusone on the command line: what an operator needs beside the console.')
  .option('--json', 'print the result as JSON')
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(add --help to see what there is)');

const output = createOutput(() => program.opts<{ json?: boolean }>().json === true, { out, err });
const cli: Cli = { env, output, withDatabase: (work) => withDatabase(env(), output.note, work) };

program
  .command('migrate')
  .description('bring the database to the schema of this version; safe to repeat, and from several machines at once')
  .action(async () => {
    const applied = await migrateDatabase(env(), () => {});
    output.show({ applied }, (paper) => {
      for (const name of applied) paper.line(`migrated: ${name}`);
      if (applied.length === 0) paper.line('the database is current');
    });
  });

const keyCommand = program.command('key').description('server keys, with which your servers call the API');
keyCommand
  .command('create')
  .description('make a key; it is shown only now')
  .requiredOption('--program <name>', 'the program it is for')
  .option('--name <name>', 'what you call it', 'command line')
  .option('--scopes <scope...>', `what it may do: ${KEY_SCOPES.join(', ')}; by default all of it`)
  .action(async (options: NewKeyOptions) => await (await keys()).makeKey(cli, options));
keyCommand
  .command('list')
  .description('all keys of a program, also revoked ones')
  .requiredOption('--program <name>', 'the program')
  .action(async (options: { program: string }) => await (await keys()).showKeys(cli, options));
keyCommand
  .command('revoke')
  .description('end a key, at once and for good')
  .argument('<id>', 'the id that `key list` shows')
  .requiredOption('--program <name>', 'the program it is for')
  .action(async (id: string, options: { program: string }) => await (await keys()).endKey(cli, id, options));

const programCommand = program.command('program').description('program files');
programCommand
  .command('check')
  .description('read program files as the start does and name every problem with file, line and column')
  .argument('[file...]', 'files or folders; by default what the start would load')
  .action(async (files: string[]) => (await programFiles()).checkPrograms(cli, files, (await kinds()).KINDS));
programCommand
  .command('schema')
  .description('the JSON Schema of a program file, for editors')
  .action(async () => (await programFiles()).printSchema(out));

program
  .command('schema')
  .description('the database schema')
  .command('dump')
  .description('print the schema as migrations/schema.sql holds it')
  .action(async () => {
    const { dumpSchema } = await import('./db/schema-dump.ts');
    out(await cli.withDatabase(({ pool }) => dumpSchema(pool)));
  });

program
  .command('openapi')
  .description('print the OpenAPI document of the whole API')
  .option('--3.0', 'as OpenAPI 3.0.3, for generators that do not know 3.1')
  .action(async (options: Record<'3.0', boolean | undefined>) => {
    const { printDocument } = await import('./cli/openapi.ts');
    printDocument(env(), options['3.0'] ? '3.0' : '3.1', out);
  });

program
  .command('verify')
  .description('prove the ledger: seals, sums and balances; names the first row that does not agree')
  .option(
    '--head <head...>',
    'seals that an earlier verify printed and you kept elsewhere: they must still be in the chain',
    [],
  )
  .action(async (options: VerifyOptions) => await (await import('./cli/verify.ts')).verify(cli, options));

const eventsCommand = program.command('events').description('what webhooks have told us');
eventsCommand
  .command('list')
  .description('the newest events')
  .option('--program <name>', 'only of this program')
  .option('--state <state>', 'pending, handled, ignored or parked')
  .option('--source <name>', "only of this source; plusone: the service's own")
  .option('--type <type>', 'only of this type')
  .option('--limit <n>', 'how many', '50')
  .action(async (options: ListOptions) => await (await events()).showEvents(cli, options));
eventsCommand
  .command('replay')
  .description('have events handled again by the running service, for example parked ones; nothing is paid twice')
  .argument('<id...>', 'ids that `events list` shows')
  .option('--wait <seconds>', 'how long to wait for the result', '5')
  .action(async (ids: string[], options: ReplayOptions) => await (await events()).replay(cli, ids, options));

program
  .command('catch-up')
  .description("feed what the providers' own lists have and no webhook brought; safe to repeat")
  .option('--program <name>', 'only of this program')
  .option('--source <name>', 'only of this source')
  .option('--since <time>', 'look back to then; by default to where the last run left off')
  .option('--whole', 'all events since then, not only those that the provider could not deliver')
  .action(
    async (options: CatchUpOptions) =>
      await (await import('./cli/catch-up.ts')).runCatchUp(cli, options, (await kinds()).KINDS),
  );

program
  .command('explain')
  .description('why a reward is what it is: rules, fraud signals, history, ledger, deliveries')
  .argument('<reward>', 'its id, as rw_123')
  .action(async (id: string) => await (await import('./cli/explain.ts')).explain(cli, id));

addFundCommands(program, cli, out);

// `exit` stops a server that was started for the command; a signal alone would leave it running.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
// `… | head` closes the pipe when it has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = 1;
  if (!(error instanceof Failed)) err(`${reason(error)}\n`);
}

/** The stack only of what we did not expect. */
function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof ProgramError) return error.message;
  if (isUnavailable(error))
    return `the database cannot be reached: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
