/**
 * Prometheus figures of this process and of the database.
 * Promises: labels are routes, programs, states: a fixed few, and never an id or a person. A scrape while the database
 * is away still gives the process's own figures, with plusone_database_up 0. Must never: count the same rows for every
 * scraper that comes along; the figures of the database are read at most every 15 s.
 */
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Deps } from './deps.ts';
import { countDeliveries, countInbox, countMails, countRewards } from './metrics.sql.ts';
import { routeOf } from './request-log.ts';

export interface Metrics {
  readonly contentType: string;
  /** Before everything else: times each request until it is answered. */
  readonly observe: RequestHandler;
  text(): Promise<string>;
}

const FIGURES_KEPT_MS = 15_000;
const DURATIONS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics({ pools, log }: Pick<Deps, 'pools' | 'log'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'plusone_http_request_duration_seconds',
    help: 'Time to answer, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATIONS_S,
    registers: [registry],
  });
  const refresh = databaseFigures(registry, pools.knex, (error) =>
    log.warn({ code: error.code }, 'no figures of the database'),
  );
  return {
    contentType: registry.contentType,
    observe: (req, res, next) => {
      const end = requests.startTimer();
      res.once('finish', () => end({ method: req.method, route: routeOf(res), status: String(res.statusCode) }));
      next();
    },
    text: async () => {
      await refresh();
      return registry.metrics();
    },
  };
}

function databaseFigures(
  registry: Registry,
  knex: Deps['pools']['knex'],
  onError: (error: { code?: string }) => void,
): () => Promise<void> {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge('plusone_database_up', '1 when the figures below could be read', []);
  const backlog = gauge('plusone_inbox_backlog', 'Events that wait for the engine', ['program']);
  const age = gauge('plusone_inbox_oldest_seconds', 'How long the oldest of them has waited', ['program']);
  const deliveries = gauge('plusone_deliveries', 'Deliveries that are not settled, by state', ['program', 'state']);
  const rewards = gauge('plusone_rewards', 'Rewards by status', ['program', 'status']);
  const mails = gauge('plusone_mails', 'Mails, by state', ['program', 'state']);
  const perProgram = [backlog, age, deliveries, rewards, mails];

  const read = async () => {
    const [waiting, open, statuses, mailed] = await Promise.all([
      countInbox(knex),
      countDeliveries(knex),
      countRewards(knex),
      countMails(knex),
    ]);
    for (const each of perProgram) each.reset();
    for (const { program, count, oldestSeconds } of waiting) {
      backlog.set({ program }, count);
      age.set({ program }, oldestSeconds);
    }
    for (const { program, state, count } of open) deliveries.set({ program, state }, count);
    for (const { program, status, count } of statuses) rewards.set({ program, status }, count);
    for (const { program, state, count } of mailed) mails.set({ program, state }, count);
    up.set(1);
  };

  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  return async () => {
    if (performance.now() - readAt < FIGURES_KEPT_MS) return;
    reading ??= read()
      .then(() => {
        readAt = performance.now();
      })
      .catch((error: { code?: string }) => {
        for (const each of perProgram) each.reset();
        up.set(0);
        onError(error);
      })
      .finally(() => {
        reading = undefined;
      });
    await reading;
  };
}
