/**
 * `catch-up`: what the schedule does every hour, now, or further back.
 * Promises: programs are read as the start reads them; what is missing goes into the inbox, and the running service
 * folds it. Must never: fold anything itself.
 */
import { ConfigError } from '../config/env.ts';
import type { Kinds } from '../config/program-resolving.ts';
import { EXAMPLES_DIR, loadPrograms } from '../config/programs.ts';
import { createHttp } from '../delivery/egress.ts';
import { createReceiver } from '../inbox/receive.ts';
import { askable, type CaughtUp, catchUp, type CatchUpOptions as Options } from '../jobs/catch-up/run.ts';
import type { LoadedProgram } from '../model/program.ts';
import { PROVIDERS } from '../providers/index.ts';
import { listPrograms } from './cli.sql.ts';
import { type Cli, Failed, type OpenDatabase } from './command.ts';

export interface CatchUpOptions {
  readonly program?: string;
  readonly source?: string;
  readonly since?: string;
  readonly whole?: boolean;
}

export async function runCatchUp(cli: Cli, options: CatchUpOptions, kinds: Kinds): Promise<void> {
  const since = options.since === undefined ? undefined : new Date(options.since);
  if (since && Number.isNaN(since.getTime())) throw new ConfigError('--since must be a time, such as 2026-05-01');
  const wanted = { source: options.source, since, whole: options.whole ?? false };
  const reports = await cli.withDatabase(async (database) => {
    const programs = await asked(cli, database, options, kinds);
    return await catchUpAll(cli, database, programs, wanted);
  });
  cli.output.show(reports, (paper) => {
    const head = ['PROGRAM', 'SOURCE', 'SINCE', 'LISTED', 'MISSING', 'OF THEM', 'ERROR'];
    const rows = reports.map(({ program, source, since: from, listed, missing, missingTypes, error }) => {
      const types = Object.entries(missingTypes).map(([type, count]) => `${count} ${type}`);
      return [program, source, from, listed, missing, types.join(', '), error];
    });
    paper.table(head, rows);
  });
  if (reports.some(({ error }) => error !== null)) throw new Failed();
}

type Report = CaughtUp & { readonly program: string };

async function catchUpAll(
  { env }: Cli,
  { pool, now }: OpenDatabase,
  programs: readonly LoadedProgram[],
  options: Options,
): Promise<Report[]> {
  const http = createHttp({ allow: env().egressAllow });
  const statement = (_name: string, text: string, values: unknown[]) => ({ text, values });
  const receive = createReceiver({ pool, statement, onStored: () => {} });
  try {
    const reports: Report[] = [];
    for (const loaded of programs) {
      const { program } = loaded.program;
      const done = await catchUp({ pool, providers: PROVIDERS, http, now, receive }, loaded, options);
      reports.push(...done.map((report) => ({ program, ...report })));
    }
    return reports;
  } finally {
    await http.close();
  }
}

/** Those that are in the database, too, and have something to ask. */
async function asked(
  { env }: Cli,
  { knex }: OpenDatabase,
  options: CatchUpOptions,
  kinds: Kinds,
): Promise<LoadedProgram[]> {
  const settings = env();
  const folder = settings.programsDir ?? EXAMPLES_DIR;
  const generateIn = folder === EXAMPLES_DIR && settings.databaseUrl === undefined ? settings.dataDir : undefined;
  const { programs } = loadPrograms(folder, { env: settings.raw, providers: PROVIDERS, kinds, generateIn });
  const stored = new Map((await listPrograms(knex)).map(({ no, name }) => [name, no]));
  const loaded = programs.flatMap(({ program }) => {
    const no = stored.get(program.program);
    return no === undefined ? [] : [{ no, version: 0, program }];
  });
  const named = loaded.filter(({ program: { program } }) => (options.program ?? program) === program);
  const found = named.filter((each) => askable(each).some(({ name }) => (options.source ?? name) === name));
  if (found.length === 0)
    throw new ConfigError('no such source can be asked: it needs an api_key in the program file, and a list to read');
  return found;
}
