/**
 * Which mails a member wants of those that the program sends beside the necessary ones.
 * Promises: what the program does not send is not asked about. Must never: touch a mail that has to be sent.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { programOf, type Route } from '../routes.ts';
import { actingMember } from './bearer.ts';
import { readRefusals, setRefusals } from './mails.sql.ts';

const choice = z.boolean().describe('null: the program does not send it').nullable();
export const mailsAnswer = z.strictObject({ news: choice, summary: choice }).meta({ id: 'MailChoices' });
const mailsBody = z
  .strictObject({ news: z.boolean().optional(), summary: z.boolean().optional() })
  .meta({ id: 'NewMailChoices', examples: [{ news: false }] });

export function mailRoutes({ pools }: Pick<Deps, 'pools'>): Route[] {
  const read = async (res: Parameters<Route['handle']>[1]) => {
    const { no, program } = programOf(res);
    const refused = await readRefusals(pools.knex, no, actingMember(res).personId);
    const wants = (kind: 'news' | 'summary') => (program.mails[kind] ? !refused.includes(kind) : null);
    return { news: wants('news'), summary: wants('summary') };
  };
  return [
    {
      method: 'get',
      path: '/v1/me/mails',
      credential: 'member:read',
      operation: 'mails.get',
      summary: 'Which mails the member wants',
      answers: mailsAnswer,
      handle: async (_req, res) => answer(res, mailsAnswer, await read(res)),
    },
    {
      method: 'put',
      path: '/v1/me/mails',
      credential: 'member:write',
      body: 'json',
      operation: 'mails.choose',
      summary: 'Chooses which mails to get',
      asks: { body: mailsBody },
      answers: mailsAnswer,
      handle: async (req, res) => {
        const { news, summary } = readBody(req, mailsBody);
        const given = Object.entries({ news, summary }).filter(([, wanted]) => wanted !== undefined);
        const kinds = (wanted: boolean) => given.filter(([, value]) => value === wanted).map(([kind]) => kind);
        await setRefusals(pools.knex, programOf(res).no, actingMember(res).personId, kinds(false), kinds(true));
        answer(res, mailsAnswer, await read(res));
      },
    },
  ];
}
