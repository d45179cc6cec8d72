/**
 * Mail wired together: the outbox that plans, the mailer that sends, the loop that wakes it.
 * Promises: every process can plan; those that work the queues send, and are told of what the others planned. Must
 * never: know a template or a rule.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { type DerivedKeys, keyedFor, seal, unseal } from './accounts/keyed.ts';
import type { Env } from './config/env.ts';
import type { Pools } from './db/pool.ts';
import { createLoops } from './delivery/loops.ts';
import { loggable } from './http/request-log.ts';
import type { Clock } from './jobs/clock.ts';
import { wakeAt } from './jobs/wake.ts';
import { planNotices, recipient } from './mail/notices.ts';
import { createOutbox, type Outbox } from './mail/outbox.ts';
import { planPeriods } from './mail/periods.ts';
import { createMailer, mailName } from './mail/send.ts';
import { folderTransport, smtpTransport } from './mail/transport.ts';
import type { Keyed } from './model/fold.ts';
import type { LoadedProgram } from './model/program.ts';

export interface MailingOptions {
  readonly env: Env;
  readonly pools: Pools;
  readonly keys: DerivedKeys;
  readonly clock: Pick<Clock, 'now'>;
  readonly programByNo: (no: number) => LoadedProgram;
  /** false in a process that only serves HTTP: workers send. */
  readonly sends: boolean;
  readonly log: Logger;
}

export interface Mailing extends Outbox {
  /** The keyed hash by which an address is known, as persons.email_hash; `address` as matched. */
  hashOf(loaded: LoadedProgram, address: string): string;
  openAddress(programNo: number, keyVersion: number, sealed: Buffer): string;
  /** Removes what stands of these outside the database: the files of a service without a mail server. */
  forget(programNo: number, ids: readonly bigint[]): Promise<void>;
  /** Tries what is due, each once. */
  runDue(programNo: number): Promise<number>;
  /** Something may be due; in a process that sends. */
  wake(programNo: number): void;
  start(): void;
  stop(): Promise<void>;
}

export function createMailing(options: MailingOptions): Mailing {
  const { env, pools, keys, clock, programByNo, sends, log } = options;
  const oldest = Math.min(...keys.versions);
  const loops = createLoops(
    (programNo) => runDue(programNo),
    (program, error) => log.warn({ program, err: loggable(error) }, 'mails stopped and will be tried again'),
  );
  const outbox = createOutbox({
    pool: pools.general,
    clock,
    publicUrl: env.publicUrl,
    deriveKey: (purpose) => keys.deriveKey(purpose, oldest),
    seal: (programNo, address) => ({ version: keys.current, sealed: seal(keys, programNo, address) }),
    wake: async (programNo) => {
      if (sends) loops.wake(programNo);
      else await wakeAt({ pools, clock, log }, programNo, await clock.now());
    },
  });
  const folder = path.join(env.dataDir, 'outbox');
  const transport = env.smtp
    ? smtpTransport(env.smtp)
    : folderTransport(folder, (fields, message) => log.info(fields, message));
  const openAddress: Mailing['openAddress'] = (programNo, version, sealed) => unseal(keys, programNo, version, sealed);
  const mailer = createMailer({
    pools,
    clock,
    programByNo,
    transport,
    unseal: openAddress,
    unsubscribeUrl: outbox.unsubscribeUrl,
    log: (fields, message) => log.warn(fields, message),
  });
  const keyed = new WeakMap<LoadedProgram, Keyed>();
  const hashOf: Mailing['hashOf'] = (loaded, address) => {
    const made = keyed.get(loaded) ?? keyedFor(keys, loaded.program);
    keyed.set(loaded, made);
    return made.hash('email', address);
  };
  const notices = { pools, clock, outbox, unseal: openAddress, hashOf };
  const periods = {
    pool: pools.general,
    clock,
    outbox,
    publicUrl: env.publicUrl,
    recipient: (loaded: LoadedProgram, row: Parameters<typeof recipient>[2]) => recipient(notices, loaded, row),
  };
  const runDue = async (programNo: number) => {
    await planNotices(notices, programByNo(programNo));
    await planPeriods(periods, programByNo(programNo));
    return await mailer.runDue(programNo);
  };
  return {
    ...outbox,
    hashOf,
    openAddress,
    forget: async (programNo, ids) => {
      if (env.smtp) return;
      for (const id of ids) await rm(path.join(folder, `${mailName(programByNo(programNo), id)}.eml`), { force: true });
    },
    runDue,
    wake: loops.wake,
    start: loops.start,
    stop: async () => {
      await mailer.stop();
      await loops.stop();
      transport.close();
    },
  };
}
