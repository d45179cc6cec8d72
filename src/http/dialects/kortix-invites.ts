/**
 * Kortix's invitations by mail, one and in bulk.
 * Promises: an answer for each address, in their order; 200 also where one was not sent. Must never: mail by a rule of
 * its own; the member API's invitations are these.
 */
import type { Request, Response } from 'express';
import { answer } from '../answer.ts';
import { readBody } from '../input.ts';
import { actingMember } from '../member/bearer.ts';
import { INVITE_REFUSALS, type InviteNeeds, type InviteResult, inviteByMail } from '../member/invite.ts';
import { programOf, type Route } from '../routes.ts';
import * as forms from './kortix.schemas.ts';

const NOT_SENT: Readonly<Record<Exclude<InviteResult['status'], 'sent'>, string>> = {
  already_invited: 'This address has been invited before',
  invalid: 'This is not an e-mail address',
  own_address: 'This is your own address',
  limit_reached: 'You have invited as many as a day allows',
};

export function inviteRoutes(deps: InviteNeeds): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/referrals/send',
      credential: 'member:write',
      body: 'json',
      summary: 'Invites a friend by mail',
      asks: { body: forms.sendBody },
      answers: forms.sendAnswer,
      refuses: INVITE_REFUSALS,
      handle: (req, res) => send(deps, req, res),
    },
    {
      method: 'post',
      path: '/v1/referrals/send-bulk',
      credential: 'member:write',
      body: 'json',
      summary: 'Invites up to fifty friends by mail',
      asks: { body: forms.sendBulkBody },
      answers: forms.sendBulkAnswer,
      refuses: INVITE_REFUSALS,
      handle: (req, res) => sendBulk(deps, req, res),
    },
  ];
}

async function send(deps: InviteNeeds, req: Request, res: Response): Promise<void> {
  const { email, note } = readBody(req, forms.sendBody);
  const [result] = await inviteByMail(deps, programOf(res), actingMember(res).personId, [email], note || undefined);
  if (!result) throw new Error('bug: an address without a result');
  answer(res, forms.sendAnswer, told(result, 'Referral email sent successfully'));
}

async function sendBulk(deps: InviteNeeds, req: Request, res: Response): Promise<void> {
  const { emails, note } = readBody(req, forms.sendBulkBody);
  const sent = await inviteByMail(deps, programOf(res), actingMember(res).personId, emails, note || undefined);
  const results = sent.map((each) => ({ email: each.email, ...told(each, 'Email sent successfully') }));
  const success_count = results.filter(({ success }) => success).length;
  const total_count = results.length;
  const message = `Successfully sent ${success_count} out of ${total_count} emails`;
  answer(res, forms.sendBulkAnswer, { success: success_count > 0, message, results, success_count, total_count });
}

function told({ status }: InviteResult, sent: string): { success: boolean; message: string } {
  return status === 'sent' ? { success: true, message: sent } : { success: false, message: NOT_SENT[status] };
}
