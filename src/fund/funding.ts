/**
 * The fund in a running service: the month's run on the first, payouts as they fall due, challenges by mail.
 * Promises: beside the rest, so that reading ten thousand files holds up no credit; a month that could not be run is
 * told in the log, and tried again. Must never: run a month whose input has a fault.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { DerivedKeys } from '../accounts/keyed.ts';
import type { Http } from '../delivery/egress.ts';
import { createLoops } from '../delivery/loops.ts';
import type { Outbox } from '../mail/outbox.ts';
import { contributorMail } from '../mail/templates/contributor.ts';
import { matchEmail } from '../model/email.ts';
import type { Fund, LoadedProgram } from '../model/program.ts';
import { attribute } from './attribute.ts';
import type { ContributorPorts, MailedChallenge } from './contributors.ts';
import { FundFault } from './fault.ts';
import { fundKeys } from './keys.ts';
import { payDue, type Settling, settlePayout } from './pay.ts';
import { nextRun, runMonth } from './run.ts';
import { readSbom, type Sbom } from './sbom.ts';

export interface FundingOptions {
  readonly pool: pg.Pool;
  readonly keys: DerivedKeys;
  readonly clock: { now(): Promise<Date> };
  readonly http: Http;
  readonly dataDir: string;
  readonly programByNo: (no: number) => LoadedProgram;
  readonly outbox: MailPorts['outbox'];
  readonly publicUrl: string;
  readonly log: Logger;
}

export interface Funding {
  /** What the registering routes work with. */
  readonly ports: ContributorPorts;
  readonly settle: (loaded: LoadedProgram, settling: Settling) => ReturnType<typeof settlePayout>;
  /** The month that is over and the payouts that are due; returns how many were tried. */
  runDue(programNo: number, options: { once: boolean }): Promise<number>;
  wake(programNo: number): void;
  start(): void;
  stop(): Promise<void>;
}

/** After a run that failed: whoever mends its input does not do so within the minute. */
const RETRY_MS = 60 * 60 * 1000;

export function createFunding(options: FundingOptions): Funding {
  const { pool, keys, clock, programByNo, log } = options;
  const now = () => clock.now();
  const ports: ContributorPorts = {
    pool,
    keys: fundKeys(keys),
    now,
    mail: (loaded, challenge) => mailChallenge(options, loaded, challenge),
  };
  const pay = { pool, keys: ports.keys, now, http: options.http, log: (line: string) => log.warn(line) };
  const failedAt = new Map<number, number>();
  const runDue: Funding['runDue'] = async (programNo, { once }) => {
    const loaded = programByNo(programNo);
    if (!loaded.program.fund) return 0;
    const last = failedAt.get(programNo);
    if (last === undefined || performance.now() - last > RETRY_MS || once) {
      try {
        await runMonths(options, ports, loaded, loaded.program.fund);
        failedAt.delete(programNo);
      } catch (error) {
        failedAt.set(programNo, performance.now());
        const reason = error instanceof FundFault ? { reason: error.message } : { err: error };
        log.error({ program: loaded.program.program, ...reason }, 'the fund could not be run and pays nobody');
      }
    }
    return await payDue(pay, loaded, { once });
  };
  const loops = createLoops(
    (programNo) => runDue(programNo, { once: false }),
    (program, err) => log.error({ program, err }, 'payouts stopped and will be tried again'),
  );
  return {
    ports,
    settle: (loaded, settling) => settlePayout({ pool, now }, loaded, settling),
    runDue,
    ...loops,
  };
}

/** Every month that is over, in its order; with nothing to read an SBOM from, only by hand. */
async function runMonths(
  { dataDir, log }: FundingOptions,
  ports: ContributorPorts,
  loaded: LoadedProgram,
  fund: Fund,
): Promise<void> {
  for (;;) {
    const { month, isOver } = await nextRun(ports, loaded, fund);
    if (!isOver || fund.sbom === undefined) return;
    const sbom = await sbomOf(fund.sbom);
    const lines = await attribute(fund, sbom, { folder: fundFolder(dataDir, loaded) });
    const { isNew } = await runMonth(ports, { loaded, fund, month, sbom, lines, dryRun: false }, async () => {});
    if (isNew) log.info({ program: loaded.program.program, month }, 'the fund has run');
  }
}

export async function sbomOf(file: string): Promise<Sbom> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new FundFault(`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  return await readSbom(file, text);
}

/** Where git's objects are borrowed and what blame said is kept. */
export function fundFolder(dataDir: string, { program }: LoadedProgram): string {
  return path.resolve(dataDir, 'fund', program.program);
}

export interface MailPorts {
  readonly outbox: Pick<Outbox, 'plan'> & { hashOf(loaded: LoadedProgram, address: string): string };
  readonly publicUrl: string;
  readonly clock: { now(): Promise<Date> };
}

export async function mailChallenge(
  { outbox, publicUrl, clock }: MailPorts,
  loaded: LoadedProgram,
  { contributorId, isMember, username, address, token, identity }: MailedChallenge,
): Promise<void> {
  const { program } = loaded;
  const base = `${publicUrl}/p/${program.program}`;
  const letter = contributorMail({
    program,
    username,
    code: token,
    url: isMember ? null : `${base}/fund/confirm/${token}`,
    portalUrl: `${base}/portal`,
  });
  const day = (await clock.now()).toISOString().slice(0, 10);
  const to = { address, hash: outbox.hashOf(loaded, matchEmail(address)?.address ?? address) };
  // Whoever asks a hundred times sends one mail a day; whoever asks in vain keeps nobody else from asking.
  const key = `contributor:${contributorId}:${identity}:${day}`;
  await outbox.plan(loaded, 'contributor', contributorId, [{ key, to, letter }]);
}
