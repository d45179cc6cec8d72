/**
 * The queue of what waits for a person, with all that a decision needs; and notes on a reward.
 * Promises: who is on both sides, what the signals saw, what others wrote and approved, and the money at stake, in one
 * answer. Must never: decide anything, or leave out of the sum what the page does not show.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { needsTwoPersons } from '../../model/program.ts';
import { adminOf } from '../admin-auth.ts';
import { answer, type Sent } from '../answer.ts';
import type { Deps, OpenedSecret } from '../deps.ts';
import { amount, time, unit } from '../forms.ts';
import { integer, moment, readBody, readQuery, text } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import { Problem } from '../problems.ts';
import type { Route } from '../routes.ts';
import * as sql from './moderation.sql.ts';
import { programFilter } from './program-filter.ts';
import { rewardJson } from './reward-json.ts';
import { rewardDetail, rewardOf } from './rewards.ts';
import { adminReward, adminRewardDetail, approval, finding } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'openSecrets' | 'submit'>;

const queueQuery = z.strictObject({
  program: text(100).optional(),
  waits_for: z.enum(sql.WAITS_FOR).optional().describe('review: held by a signal. delivery: failed at the sink'),
  flag: text(100).optional().describe('the signal'),
  member: text(255).optional().describe('on either side'),
  at_least: z.coerce.number('must be a whole number of at least 0').int().min(0).optional().describe('in minor units'),
  from: moment.optional(),
  to: moment.optional(),
  ...pageShape,
});

const party = z
  .strictObject({
    member_id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    created_at: time,
    first_paid_at: time.nullable(),
    suspended: z.boolean(),
    erased: z.boolean(),
    referrals: z.strictObject({ total: z.int(), held: z.int(), denied: z.int() }).describe('whom they brought'),
  })
  .meta({ id: 'Party' });
type PartyJson = z.input<typeof party>;

const note = z.strictObject({ at: time, actor: z.string().nullable(), note: z.string() }).meta({ id: 'RewardNote' });

const waitingReward = z
  .strictObject({
    reward: adminReward,
    referrer: party,
    referee: party,
    signals: z.array(finding).describe('those that spoke, and what they saw'),
    notes: z.array(note),
    approvals: z.array(approval),
    approvals_needed: z.int().describe('how many persons, with those who have'),
  })
  .meta({ id: 'WaitingReward' });

export const queueAnswer = z
  .strictObject({
    data: z.array(waitingReward),
    at_stake: z
      .array(z.strictObject({ program: z.string(), unit, count: z.int(), amount }))
      .describe('of all that the filter names'),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ModerationQueue' });

const noteBody = z
  .strictObject({ note: text(5000) })
  .meta({ id: 'NewRewardNote', examples: [{ note: 'asked them by mail' }] });

export function moderationRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/moderation',
      credential: 'admin:read',
      summary: 'What waits for a person, longest first, with evidence and the money at stake',
      asks: { query: queueQuery },
      answers: queueAnswer,
      refuses: ['unknown_program'],
      handle: (req, res) => queue(deps, req, res),
    },
    {
      method: 'post',
      path: '/rewards/:id/notes',
      credential: 'admin:moderate',
      body: 'json',
      summary: 'A note on a reward; it decides nothing',
      asks: { body: noteBody },
      answers: adminRewardDetail,
      refuses: ['unknown_reward'],
      handle: (req, res) => addNote(deps, req, res),
    },
  ];
}

async function queue(deps: Needs, req: Request, res: Response): Promise<void> {
  const {
    program,
    waits_for: waitsFor,
    at_least: atLeast,
    flag,
    member,
    from,
    to,
    ...query
  } = readQuery(req, queueQuery);
  const request = readPage(query);
  const filter: sql.QueueFilter = {
    programNo: programFilter(deps, program),
    waitsFor,
    flag,
    member,
    atLeast: atLeast === undefined ? undefined : BigInt(atLeast),
    from,
    to,
  };
  const { knex } = deps.pools;
  const [rows, stakes] = await Promise.all([sql.listWaiting(knex, filter, request), sql.sumWaiting(knex, filter)]);
  const parties = await readParties(deps, rows.slice(0, request.limit));
  const place = (row: sql.WaitingRow) => ({ at: row.created_at, id: row.id });
  const shown = page(rows, request, place, (row) => waitingJson(deps, row, parties));
  answer(res, queueAnswer, { ...shown, at_stake: stakes.map((each) => ({ ...each, amount: integer(each.amount) })) });
}

type Parties = ReadonlyMap<string, Sent<PartyJson>>;

/** Everybody on this page, by program and person: two statements a program. */
async function readParties(deps: Needs, rows: readonly sql.WaitingRow[]): Promise<Parties> {
  const found = new Map<string, Sent<PartyJson>>();
  for (const [programNo, same] of Map.groupBy(rows, (row) => row.program_no)) {
    const ids = [...new Set(same.flatMap((row) => [row.referrer_id, row.referee_id]))];
    const [people, secrets] = await Promise.all([
      sql.readParties(deps.pools.knex, programNo, ids),
      deps.openSecrets(programNo, ids),
    ]);
    for (const row of people) found.set(`${programNo}/${row.id}`, partyJson(row, secrets.get(row.id)));
  }
  return found;
}

function partyJson(row: sql.PartyRow, secret: OpenedSecret | undefined): Sent<PartyJson> {
  const { referrals: total, held, denied } = row;
  return {
    member_id: row.member_id,
    email: secret?.email ?? null,
    name: secret?.name ?? null,
    created_at: row.created_at,
    first_paid_at: row.first_paid_at,
    suspended: row.suspended_at !== null,
    erased: row.erased_at !== null,
    referrals: { total, held, denied },
  };
}

function waitingJson(deps: Needs, row: sql.WaitingRow, parties: Parties): Sent<z.input<typeof waitingReward>> {
  const partyOf = (id: bigint) => {
    const found = parties.get(`${row.program_no}/${id}`);
    if (!found) throw new Error(`bug: reward ${row.id} names person ${id}, who is not there`);
    return found;
  };
  const loaded = deps.programs.all().find(({ no }) => no === row.program_no);
  return {
    reward: rewardJson(row),
    referrer: partyOf(row.referrer_id),
    referee: partyOf(row.referee_id),
    signals: row.explain.filter(({ asked, said }) => asked.startsWith('signal ') && said !== 'clear'),
    notes: row.notes,
    approvals: row.approvals,
    approvals_needed: loaded && row.status === 'pending' && needsTwoPersons(loaded.program, row.amount) ? 2 : 1,
  };
}

async function addNote(deps: Needs, req: Request, res: Response): Promise<void> {
  const { note: written } = readBody(req, noteBody);
  const row = await rewardOf(deps, req);
  const submitted = await deps.submit(row.program_no, {
    command: 'reward.note',
    rewardId: String(row.id),
    actor: adminOf(res).actor,
    note: written,
  });
  if (!submitted.ok) throw new Problem(submitted.code);
  answer(res, adminRewardDetail, await rewardDetail(deps, row));
}
