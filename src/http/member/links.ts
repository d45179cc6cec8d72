/**
 * Links: a code of its own for each channel and campaign, with its own counts.
 * Promises: the same channel and campaign give the same link. Must never: make links without end.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { type LoadedProgram, referralUrl } from '../../model/program.ts';
import { answer, iso } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { type Acting, actingMember } from './bearer.ts';
import { type LinkRow, listLinks } from './codes.sql.ts';
import { linkAnswer, linkBody, linksAnswer } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'submit' | 'limits' | 'promote'>;

/** A list that fits one answer; the engine reads all codes of a member whenever one changes. */
const LINKS_MAX = 500;

export function linkRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/me/links',
      credential: 'member:read',
      operation: 'links.list',
      summary: "The member's links with their counts, newest first",
      answers: linksAnswer,
      handle: async (_req, res) => {
        const loaded = programOf(res);
        const rows = await listLinks(deps.pools.knex, loaded.no, actingMember(res).personId);
        answer(res, linksAnswer, { data: rows.map((row) => linkJson(loaded, row)), next_cursor: null });
      },
    },
    {
      method: 'post',
      path: '/v1/me/links',
      credential: 'member:write',
      body: 'json',
      operation: 'referral.create',
      summary: 'A link for a channel and campaign; the one there is, if there is one',
      asks: { body: linkBody },
      answers: linkAnswer,
      statuses: [201, 200],
      refuses: ['too_many_links', 'too_many_requests'],
      handle: (req, res) => makeLink(deps, req, res),
    },
  ];
}

async function makeLink(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  const { link, isNew } = await ensureLink(deps, loaded, actingMember(res), readBody(req, linkBody));
  if (isNew) res.status(201);
  answer(res, linkAnswer, linkJson(loaded, link));
}

export async function ensureLink(
  { pools, submit, limits, promote }: Needs,
  loaded: LoadedProgram,
  { memberId, personId }: Acting,
  { channel = null, campaign = null }: z.output<typeof linkBody>,
): Promise<{ readonly link: LinkRow; readonly isNew: boolean }> {
  const { no } = loaded;
  const find = (rows: readonly LinkRow[]) => rows.find((row) => row.channel === channel && row.campaign === campaign);
  const before = await listLinks(pools.knex, no, personId);
  const known = find(before);
  if (known) {
    await promote(loaded, known.code);
    return { link: known, isNew: false };
  }
  if (before.length >= LINKS_MAX) throw new Problem('too_many_links');
  await limits.take('codes', no, String(personId));
  const submitted = await submit(no, { command: 'link.make', memberId, channel, campaign });
  if (!submitted.ok) throw new Problem(submitted.code);
  const made = find(await listLinks(pools.knex, no, personId));
  if (!made) throw new Error('bug: a link that was made is not there');
  await promote(loaded, made.code);
  return { link: made, isNew: true };
}

function linkJson({ program }: LoadedProgram, row: LinkRow) {
  return {
    code: row.code,
    url: referralUrl(program, row.code),
    channel: row.channel,
    campaign: row.campaign,
    clicks: row.clicks,
    uses: row.uses,
    signups: row.signups,
    suspended: row.suspended_at !== null,
    created_at: iso(row.created_at),
  };
}
