/**
 * GET /leaderboard, where the program turns it on: the first twenty of the calendar month (UTC).
 * Promises: names are masked; a token that carries an organization sees its people only; read at most every fifteen
 * seconds, for it looks at everybody's month. Must never: be there in a program that did not ask for it.
 */
import type { Response } from 'express';
import type * as z from 'zod';
import type { LoadedProgram } from '../../model/program.ts';
import { answer, iso } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { actingIfAny } from './bearer.ts';
import { type BoardRow, readBoard } from './leaderboard.sql.ts';
import { maskPerson } from './masks.ts';
import { boardAnswer } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'clock' | 'openSecrets'>;

const TOP = 20;
const KEPT_MS = 15_000;
const KEPT_MAX = 1_000;

interface Board {
  readonly rows: readonly BoardRow[];
  readonly names: ReadonlyMap<bigint, string>;
}

type Kept = { readonly until: number; readonly board: Promise<Board> };

export function leaderboardRoutes(deps: Needs): Route[] {
  const kept = new Map<string, Kept>();
  return [
    {
      method: 'get',
      path: '/v1/leaderboard',
      credential: 'program:read',
      operation: 'leaderboard.get',
      summary: "The month's first referrers, masked",
      answers: boardAnswer,
      refuses: ['not_found'],
      handle: (_req, res) => leaderboard(deps, kept, res),
    },
  ];
}

async function leaderboard(deps: Needs, kept: Map<string, Kept>, res: Response): Promise<void> {
  const loaded = programOf(res);
  if (!loaded.program.leaderboard) throw new Problem('not_found');
  const acting = actingIfAny(res);
  const period = monthOf(await deps.clock.now());
  const orgId = acting?.orgId ?? null;
  const { rows, names } = await boardOf(deps, kept, loaded, period, orgId);
  const data: z.input<typeof boardAnswer>['data'] = rows.map((row, index) => ({
    rank: index + 1,
    name: names.get(row.person_id) ?? '***',
    signups: row.signups,
    is_me: row.person_id === acting?.personId,
  }));
  answer(res, boardAnswer, { period: { from: iso(period.from), to: iso(period.to) }, data });
}

function monthOf(now: Date): { from: Date; to: Date } {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { from: new Date(Date.UTC(year, month)), to: new Date(Date.UTC(year, month + 1)) };
}

async function boardOf(
  { pools, openSecrets }: Needs,
  kept: Map<string, Kept>,
  { no }: LoadedProgram,
  period: { readonly from: Date; readonly to: Date },
  orgId: string | null,
): Promise<Board> {
  const key = JSON.stringify([no, period.from, orgId]);
  const known = kept.get(key);
  if (known && known.until > performance.now()) return await known.board;
  if (kept.size >= KEPT_MAX) kept.clear();
  const read = async (): Promise<Board> => {
    const rows = await readBoard(pools.knex, no, { ...period, orgId, top: TOP });
    const people = await openSecrets(
      no,
      rows.map((row) => row.person_id),
    );
    return { rows, names: new Map(rows.map(({ person_id: id }) => [id, maskPerson(people.get(id))])) };
  };
  const board = read();
  kept.set(key, { until: performance.now() + KEPT_MS, board });
  board.catch(() => kept.delete(key));
  return await board;
}
