/**
 * How catching up with the providers' own lists stands: the last run of each source, what it found and what it fed.
 * Promises: a source that can be asked is listed, also before its first run. Must never: start a run.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { time } from '../forms.ts';
import { readQuery, text } from '../input.ts';
import type { Route } from '../routes.ts';
import { type CatchUpRow, lastRuns } from './catch-ups.sql.ts';
import { programFilter } from './program-filter.ts';

const listQuery = z.strictObject({ program: text(100).optional() });

const run = z
  .strictObject({
    since: time,
    until: time.describe('what happened between the two was asked for'),
    started_at: time,
    ended_at: time.nullable().describe('null while it is under way'),
    listed: z.int().describe('how many events or objects the provider told'),
    missing: z.int().describe('how many of them no webhook had brought; they were fed'),
    missing_types: z.record(z.string(), z.int()),
    error: z.string().nullable().describe('why it broke off; the next run begins at the same place'),
  })
  .meta({ id: 'CatchUpRun' });

export const catchUpList = z
  .strictObject({
    data: z.array(
      z
        .strictObject({
          program: z.string(),
          source: z.string(),
          kind: z.string(),
          complete_until: time.nullable().describe('up to when a run without an error has looked'),
          last: run.nullable().describe('null before the first'),
        })
        .meta({ id: 'CatchUp' }),
    ),
  })
  .meta({ id: 'CatchUpList' });

export function catchUpRoutes(deps: Pick<Deps, 'pools' | 'programs'>): Route[] {
  return [
    {
      method: 'get',
      path: '/catch-ups',
      credential: 'admin:read',
      summary: 'The last catch-up of each source that has an API key',
      asks: { query: listQuery },
      answers: catchUpList,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const { program } = readQuery(req, listQuery);
        const only = programFilter(deps, program);
        const sources = deps.programs
          .all()
          .filter(({ no }) => only === undefined || no === only)
          .flatMap(({ no, program: own }) =>
            own.sources
              .filter(({ apiKey }) => apiKey !== undefined)
              .map(({ name, kind }) => ({ programNo: no, program: own.program, name, kind })),
          );
        const rows = sources.length === 0 ? [] : await lastRuns(deps.pools.knex, sources);
        const data = sources.map(({ program: of, name, kind }, at) => ({
          ...{ program: of, source: name, kind },
          complete_until: rows[at]?.complete_until ?? null,
          last: lastOf(rows[at]),
        }));
        answer(res, catchUpList, { data });
      },
    },
  ];
}

function lastOf(row: CatchUpRow | undefined) {
  if (!row?.started_at || !row.since || !row.until) return null;
  const { since, until, started_at, ended_at, error } = row;
  const found = { listed: row.listed ?? 0, missing: row.missing ?? 0, missing_types: row.missing_types ?? {} };
  return { since, until, started_at, ended_at, ...found, error };
}
