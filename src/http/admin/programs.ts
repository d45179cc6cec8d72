/**
 * The programs that run here, and how one of them is doing.
 * Promises: amounts stand beside their unit and are never added across units. Must never: show a secret of the program
 * file.
 */
import type * as z from 'zod';
import { describeBreaker } from '../../delivery/breaker.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { answer, type Sent } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { noQuery } from '../forms.ts';
import { integer, readQuery } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { programPage, programSummary } from './program-schemas.ts';
import * as sql from './programs.sql.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'env'>;

export function programRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/programs',
      credential: 'admin:read',
      summary: 'The programs that run here',
      asks: { query: noQuery },
      answers: programPage,
      handle: (req, res) => {
        readQuery(req, noQuery);
        answer(res, programPage, {
          data: deps.programs.all().map((loaded) => programJson(deps.env.publicUrl, loaded)),
          next_cursor: null,
        });
      },
    },
    {
      method: 'get',
      path: '/programs/:program/summary',
      credential: 'admin:read',
      summary: 'How a program is doing: funnel, cost, holds, failures',
      answers: programSummary,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const loaded = deps.programs.byName(param(req, 'program'));
        if (!loaded) throw new Problem('unknown_program');
        answer(res, programSummary, await summary(deps, loaded));
      },
    },
  ];
}

function programJson(publicUrl: string, { version, program }: LoadedProgram) {
  const base = program.hosts[0] ? `https://${program.hosts[0]}` : `${publicUrl}/p/${program.program}`;
  return {
    program: program.program,
    name: program.name,
    mode: program.mode,
    version,
    url: base,
    hosts: program.hosts,
    unit: unitJson(program.unit),
    sink: program.sink.kind,
    sources: program.sources.map(({ name, kind }) => ({ name, kind, url: `${base}/webhooks/${name}` })),
    rules: program.rules.map(({ name, to, when }) => ({ name, to, when })),
    tiers: program.tiers.map(({ name }) => name),
    signals: program.signals.map(({ name, then }) => ({ name, then })),
  };
}

function unitJson(unit: LoadedProgram['program']['unit']) {
  return unit.kind === 'money' ? { kind: unit.kind, currency: unit.currency } : unit;
}

async function summary({ pools, env }: Needs, loaded: LoadedProgram): Promise<Sent<z.input<typeof programSummary>>> {
  const where = [pools.knex, loaded.no] as const;
  // One after another: with millions of rewards they take long, and other requests need a connection, too.
  const funnel = await sql.readFunnel(...where);
  const sums = await sql.sumRewards(...where);
  const flags = await sql.countHeldFlags(...where);
  const unearned = await sql.countUnearned(...where);
  const work = await sql.countWork(...where);
  const { lastError, ...breaker } = await describeBreaker(pools, loaded.no);
  const held = sums.filter((each) => each.status === 'pending' && each.reason === 'held');
  const failed = sums.filter((each) => each.status === 'failed');
  return {
    ...programJson(env.publicUrl, loaded),
    funnel,
    rewards: totals(sums, (each) => ({ status: each.status, unit: each.unit })),
    cost: totals(
      sums.filter((each) => each.status === 'credited'),
      (each) => ({ unit: each.unit }),
    ),
    holds: { count: countOf(held), amounts: totals(held, (each) => ({ unit: each.unit })), flags },
    failures: {
      count: countOf(failed),
      by_outcome: totals(failed, (each) => ({ outcome: each.outcome, unit: each.unit })),
    },
    unearned_payments: unearned,
    work,
    breaker: { ...breaker, last_error: lastError },
  };
}

const countOf = (sums: readonly sql.RewardSum[]): number => sums.reduce((total, each) => total + each.count, 0);

/** Adds up what has the same labels. */
function totals<L extends object>(
  sums: readonly sql.RewardSum[],
  labels: (sum: sql.RewardSum) => L,
): (L & { count: number; amount: number })[] {
  return [...Map.groupBy(sums, (each) => JSON.stringify(labels(each))).values()].map((same) => ({
    ...labels(same[0] as sql.RewardSum),
    count: countOf(same),
    amount: integer(same.reduce((total, each) => total + each.amount, 0n)),
  }));
}
