/**
 * For whoever watches the process: alive, ready, measured.
 * Promises: healthz asks nobody; readyz is 503 until the database answers with the schema that this code knows. Must
 * never: show what would name a person or a secret; these three are open.
 */
import * as z from 'zod';
import { isUnavailable } from '../db/transaction.ts';
import { answer } from './answer.ts';
import type { Deps } from './deps.ts';
import type { Metrics } from './metrics.ts';
import { Problem } from './problems.ts';
import type { Route } from './routes.ts';

const alive = z.strictObject({ status: z.literal('ok') });
const ready = z.strictObject({ status: z.literal('ready') });

export function healthRoutes(deps: Pick<Deps, 'schemaCurrent'>, metrics: Metrics): Route[] {
  return [
    {
      method: 'get',
      path: '/healthz',
      credential: 'none',
      summary: 'Alive; asks nobody',
      answers: alive,
      handle: (_req, res) => answer(res, alive, { status: 'ok' }),
    },
    {
      method: 'get',
      path: '/readyz',
      credential: 'none',
      summary: 'Ready: the database answers, with the schema of this version',
      answers: ready,
      refuses: ['not_ready'],
      handle: async (_req, res) => {
        const current = await deps.schemaCurrent().catch((error: unknown) => {
          if (isUnavailable(error)) throw new Problem('not_ready', 'The database is not reachable');
          throw error;
        });
        if (!current) throw new Problem('not_ready', 'The schema of the database is not the one this version needs');
        answer(res, ready, { status: 'ready' });
      },
    },
    {
      method: 'get',
      path: '/metrics',
      credential: 'none',
      summary: 'Figures for Prometheus',
      answers: 'text/plain',
      handle: async (_req, res) => {
        const text = await metrics.text();
        res.setHeader('Content-Type', metrics.contentType);
        res.send(text);
      },
    },
  ];
}
