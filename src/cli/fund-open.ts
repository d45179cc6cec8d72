/**
 * What the commands of the fund work with: the program as its file says, its number, the keys.
 * Promises: the program is read and stored exactly as a start does it. Must never: send anything; the running service
 * sends what is planned here.
 */
import path from 'node:path';
import pino from 'pino';
import { keyedFor, seal } from '../accounts/keyed.ts';
import { ConfigError } from '../config/env.ts';
import { storePrograms } from '../config/program-store.ts';
import { EXAMPLES_DIR, loadPrograms } from '../config/programs.ts';
import { secretKeys } from '../config/secrets.ts';
import type { ContributorPorts } from '../fund/contributors.ts';
import { fundFolder, mailChallenge } from '../fund/funding.ts';
import { fundKeys } from '../fund/keys.ts';
import { wakeAt } from '../jobs/wake.ts';
import { createOutbox } from '../mail/outbox.ts';
import type { Fund, LoadedProgram } from '../model/program.ts';
import { PROVIDERS } from '../providers/index.ts';
import type { Cli, OpenDatabase } from './command.ts';

export interface OpenFund {
  readonly database: OpenDatabase;
  readonly loaded: LoadedProgram;
  readonly fund: Fund;
  readonly ports: ContributorPorts;
  /** DATA_DIR/fund/<program>. */
  readonly folder: string;
}

/** Without a name: the only program that has a fund. */
export async function withFund<T>(
  cli: Cli,
  name: string | undefined,
  work: (open: OpenFund) => Promise<T>,
): Promise<T> {
  const env = cli.env();
  const examples = env.programsDir === undefined;
  return await cli.withDatabase(async (database) => {
    const { programs } = loadPrograms(env.programsDir ?? EXAMPLES_DIR, {
      env: env.raw,
      providers: PROVIDERS,
      kinds: { signals: EVERYTHING },
      generateIn: examples && env.databaseUrl === undefined ? env.dataDir : undefined,
    });
    const chosen = programs.filter(({ program }) => (name === undefined ? program.fund : program.program === name));
    if (chosen.length !== 1)
      throw new ConfigError(
        choose(
          name,
          programs.map(({ program }) => program.program),
        ),
      );
    const [loaded] = (await storePrograms(database.pool, chosen, await database.now())) as [LoadedProgram];
    const { fund } = loaded.program;
    if (!fund) throw new ConfigError(`the file of program ${loaded.program.program} has no fund`);
    const folder = fundFolder(path.resolve(env.dataDir), loaded);
    return await work({ database, loaded, fund, folder, ports: portsOf(cli, database) });
  });
}

/** What this build has was checked at the start; a command does not ask again. */
const EVERYTHING = { has: () => true, keys: () => [] };

function choose(name: string | undefined, known: readonly string[]): string {
  if (name !== undefined) return `there is no program file of ${name}; there are: ${known.join(', ')}`;
  return `name the program with --program: ${known.join(', ')}`;
}

function portsOf(cli: Cli, { pool, now }: OpenDatabase): ContributorPorts {
  const env = cli.env();
  const keys = secretKeys(env);
  const clock = { now };
  const log = pino({ level: 'silent' });
  const plan = createOutbox({
    pool,
    clock,
    publicUrl: env.publicUrl,
    deriveKey: (purpose) => keys.deriveKey(purpose, Math.min(...keys.versions)),
    seal: (programNo, address) => ({ version: keys.current, sealed: seal(keys, programNo, address) }),
    wake: async (programNo) => await wakeAt({ pools: { general: pool }, clock, log }, programNo, await now()),
  });
  const hashOf = (loaded: LoadedProgram, address: string) => keyedFor(keys, loaded.program).hash('email', address);
  return {
    pool,
    keys: fundKeys(keys),
    now,
    mail: (loaded, challenge) =>
      mailChallenge({ outbox: { ...plan, hashOf }, publicUrl: env.publicUrl, clock }, loaded, challenge),
  };
}
