/**
 * Invitations by mail: sending them, and the list of those that were sent.
 * Promises: up to fifty addresses at once, a result for each. Must never: show an address unmasked, or show in the list
 * what the answer to the invitation kept back.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { maskEmail } from '../../model/email.ts';
import { answer, iso } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { pageOf } from '../forms.ts';
import { readBody, readQuery, writeId } from '../input.ts';
import { page, readPage } from '../pages.ts';
import { programOf, type Route } from '../routes.ts';
import { actingMember } from './bearer.ts';
import { INVITE_REFUSALS, INVITE_STATUSES, type InviteNeeds, inviteByMail, inviteNote } from './invite.ts';
import { type InviteRow, listInvites } from './invites.sql.ts';
import { pageQuery } from './schemas.ts';

type Needs = InviteNeeds & Pick<Deps, 'pools'>;

const AT_ONCE_MAX = 50;

const invitesBody = z
  .strictObject({
    emails: z
      .array(z.string().max(1000))
      .min(1)
      .max(AT_ONCE_MAX, `at most ${AT_ONCE_MAX} addresses at once`)
      .describe('whom to invite'),
    note: inviteNote,
  })
  .meta({ id: 'NewInvites' });

export const invitesAnswer = z
  .strictObject({
    data: z
      .array(
        z.strictObject({
          email: z.string().describe('as given'),
          status: z
            .enum(INVITE_STATUSES)
            .describe('sent: on its way; already_invited: before, by anybody; limit_reached: no room left today'),
        }),
      )
      .describe('one for each address, in their order'),
    sent: z.int(),
    total: z.int(),
  })
  .meta({ id: 'InviteResults' });

export const invitesList = pageOf(
  'InvitePage',
  z
    .strictObject({
      id: z.string(),
      email: z.string().nullable().describe('masked'),
      status: z
        .enum(['sent', 'failed', 'joined'])
        .describe("sent: on its way or delivered; failed: refused by the recipient's server, or not to be reached"),
      created_at: z.iso.datetime(),
    })
    .meta({ id: 'Invite' }),
);

export function inviteRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/me/invites',
      credential: 'member:write',
      body: 'json',
      summary: 'Invites friends by mail; each address of a program only once',
      asks: { body: invitesBody },
      operation: 'invites.send',
      answers: invitesAnswer,
      refuses: INVITE_REFUSALS,
      handle: (req, res) => invite(deps, req, res),
    },
    {
      method: 'get',
      path: '/v1/me/invites',
      credential: 'member:read',
      summary: 'Whom the member invited by mail, newest first',
      asks: { query: pageQuery },
      operation: 'invites.list',
      answers: invitesList,
      handle: (req, res) => list(deps, req, res),
    },
  ];
}

async function invite(deps: Needs, req: Request, res: Response): Promise<void> {
  const { emails, note } = readBody(req, invitesBody);
  const { personId } = actingMember(res);
  const data = await inviteByMail(deps, programOf(res), personId, emails, note || undefined);
  const sent = data.filter(({ status }) => status === 'sent').length;
  answer(res, invitesAnswer, { data, sent, total: data.length });
}

async function list({ pools, mail }: Needs, req: Request, res: Response): Promise<void> {
  const request = readPage(readQuery(req, pageQuery));
  const { no } = programOf(res);
  const rows = await listInvites(pools.knex, no, actingMember(res).personId, request);
  const place = (row: InviteRow) => ({ at: row.created_at, id: row.id });
  const show = (row: InviteRow): z.input<typeof invitesList>['data'][number] => ({
    id: writeId('iv', row.id),
    email: row.recipient === null ? null : maskEmail(mail.openAddress(no, row.key_version, row.recipient)),
    status: row.has_joined ? 'joined' : row.has_failed ? 'failed' : 'sent',
    created_at: iso(row.created_at),
  });
  answer(res, invitesList, page(rows, request, place, show));
}
