/**
 * What we ask of the providers by ourselves, wired: catching up with their lists, and codes that are to stand there.
 * Promises: what they answer comes in through the same inbox as their webhooks. Must never: hold up whoever asked.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Http } from './delivery/egress.ts';
import { type PromotionPorts, planPromotion, runPromotions } from './delivery/promotions/run.ts';
import type { NewEvent, Received } from './inbox/receive.ts';
import { type CatchUpOptions, type CaughtUp, catchUp } from './jobs/catch-up/run.ts';
import { oneAtATime } from './jobs/side-by-side.ts';
import type { LoadedProgram } from './model/program.ts';
import { PROVIDERS } from './providers/index.ts';

export interface AskingOptions {
  readonly pool: pg.Pool;
  readonly http: Http;
  readonly now: () => Promise<Date>;
  readonly receive: (event: NewEvent) => Promise<Received>;
  readonly programByNo: (no: number) => LoadedProgram;
  readonly codeKeys: PromotionPorts['codeKeys'];
  /** false in a process that only takes requests: a worker does what it plans. */
  readonly folds: boolean;
  readonly log: Logger;
}

export function createAsking(options: AskingOptions) {
  const { programByNo, now, receive, folds, log } = options;
  const tell: PromotionPorts['tell'] = async (programNo, event) =>
    await receive({ ...event, programNo, occurredAt: undefined, receivedAt: await now(), triedOnce: false });
  const promotions: PromotionPorts = { ...options, tell };
  const run = oneAtATime(async (no) => void (await runPromotions(promotions, programByNo(no))));
  const wake = (no: number): void =>
    void run(no).catch((error: unknown) => log.error({ err: error }, 'codes could not be made at a provider'));
  return {
    /** Makes and ends, at the providers, the codes that are due. */
    wake,
    promote: async (loaded: LoadedProgram, code: string): Promise<void> => {
      await planPromotion(promotions, loaded, code);
      if (folds) wake(loaded.no);
    },
    catchUp: async (no: number, how: CatchUpOptions = {}): Promise<readonly CaughtUp[]> => {
      const reports = await catchUp({ ...options, providers: PROVIDERS }, programByNo(no), how);
      logReports(log, reports);
      return reports;
    },
  };
}

function logReports(log: Logger, reports: readonly CaughtUp[]): void {
  for (const { error, missing, ...report } of reports) {
    if (error !== null) log.warn({ ...report, error }, "a provider's own list could not be read");
    if (missing > 0) log.warn({ ...report, missing }, 'a catch-up found what no webhook had brought');
  }
}
