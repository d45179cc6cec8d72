/**
 * POST /portal-links: the product asks for a link that signs one of its members in to the portal.
 * Promises: it works for five minutes, in that program, for that member. Must never: be made for somebody unknown or
 * gone.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { time } from '../forms.ts';
import { readBody, text } from '../input.ts';
import { findMember } from '../member/persons.sql.ts';
import { writePortalToken } from '../portal-tokens.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';

const linkBody = z
  .strictObject({ member_id: text(255) })
  .meta({ id: 'NewPortalLink', examples: [{ member_id: 'user_42' }] });
const linkAnswer = z
  .strictObject({ url: z.url().describe('opened once it is needed; it is as good as a password'), expires_at: time })
  .meta({ id: 'PortalLink' });

export const LINK_MS = 300_000;

export function portalLinkRoutes({ pools, env, vault }: Pick<Deps, 'pools' | 'env' | 'vault'>): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/portal-links',
      operation: 'portal.link',
      credential: 'members:write',
      body: 'json',
      summary: 'A short-lived link that signs a member in to the portal',
      asks: { body: linkBody },
      answers: linkAnswer,
      statuses: [201],
      refuses: ['unknown_member'],
      handle: async (req, res) => {
        const { member_id: memberId } = readBody(req, linkBody);
        const { no, program } = programOf(res);
        const person = await findMember(pools, no, memberId);
        if (!person || person.deleted_at || person.erased_at) throw new Problem('unknown_member');
        const until = new Date(Date.now() + LINK_MS);
        const bearer = { memberId: person.member_id, orgId: person.org_id };
        const token = writePortalToken(vault, { use: 'link', programNo: no }, bearer, until);
        const base = program.hosts[0] ? `https://${program.hosts[0]}` : `${env.publicUrl}/p/${program.program}`;
        res.status(201);
        answer(res, linkAnswer, { url: `${base}/portal/enter?token=${token}`, expires_at: until });
      },
    },
  ];
}
