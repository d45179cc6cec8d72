/**
 * The programs as they run now: read at the start, and again when a file of the folder has changed.
 * Promises: a folder that cannot be read whole changes nothing: each program runs on in its last good version, and the
 * log says once what is wrong, with file, line and reason. What is unchanged stays the same object. Must never: drop a
 * program that runs because its file is gone; its webhooks go on coming.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LoadedProgram } from '../model/program.ts';
import { ProgramError } from './program-problems.ts';
import type { LoadedPrograms } from './programs.ts';

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RunningOptions {
  /** Reads the folder; throws ProgramError. */
  readonly read: () => LoadedPrograms;
  /** Keeps the versions that are new. */
  readonly store: (sources: LoadedPrograms['programs']) => Promise<LoadedProgram[]>;
  readonly log: Log;
}

export interface RunningPrograms {
  all(): readonly LoadedProgram[];
  byNo(no: number): LoadedProgram | undefined;
  byName(name: string): LoadedProgram | undefined;
  byHost(host: string): LoadedProgram | undefined;
  /** Reads the folder again, one call after another. Rejects when the database is away: then nothing has changed. */
  reload(): Promise<'changed' | 'unchanged' | 'refused'>;
}

/** Throws ProgramError at the start, when there is no good version yet. */
export async function runPrograms(options: RunningOptions): Promise<RunningPrograms> {
  const first = options.read();
  for (const line of first.notices) options.log.info({}, line);
  let running: readonly LoadedProgram[] = await options.store(first.programs);
  let complaint = '';
  const reload = async (): Promise<'changed' | 'unchanged' | 'refused'> => {
    const read = readAgain(options, complaint);
    complaint = read.complaint;
    if (!read.found) return 'refused';
    const next = follow(running, await options.store(read.found.programs), options.log);
    if (next.every((each) => running.includes(each))) return 'unchanged';
    for (const line of read.found.notices) options.log.info({}, line);
    running = next;
    return 'changed';
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    all: () => running,
    byNo: (no) => running.find((each) => each.no === no),
    byName: (name) => running.find(({ program }) => program.program === name),
    byHost: (host) => running.find(({ program }) => program.hosts.includes(host)),
    reload: () => {
      const mine = last.then(reload);
      last = mine.catch(() => {});
      return mine;
    },
  };
}

function readAgain({ read, log }: RunningOptions, complaint: string): { found?: LoadedPrograms; complaint: string } {
  try {
    return { found: read(), complaint: '' };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const same = error.message === complaint;
    if (!same) log.error({ problems: error.problems }, 'a program file is wrong: the last good versions run on');
    return { complaint: error.message };
  }
}

/** What is new or another version takes the place of what ran; the rest stays. */
function follow(running: readonly LoadedProgram[], stored: readonly LoadedProgram[], log: Log): LoadedProgram[] {
  const gone = running.filter((each) => !stored.some(({ no }) => no === each.no));
  for (const { program } of gone) log.warn({ program: program.program }, 'a program has no file any more: it runs on');
  const next = stored.map((each) => {
    const known = running.find(({ no, version }) => no === each.no && version === each.version);
    const { program, version } = each;
    // A secret that is replaced makes no new version.
    if (known && isDeepStrictEqual(known.program, program)) return known;
    log.info({ program: program.program, version }, 'a program file was read anew');
    return each;
  });
  return [...next, ...gone];
}
