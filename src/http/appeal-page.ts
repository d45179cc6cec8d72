/**
 * Where the mail about a suspension leads: a page on which its reader appeals.
 * Promises: GET only asks, for scanners open every link; POST makes the appeal, once, and says by when it is answered.
 * Must never: show who it is about, or need a login.
 */
import type { Request, Response } from 'express';
import type { LoadedProgram } from '../model/program.ts';
import { html } from '../texts/html.ts';
import { translatorOf } from '../texts/translator.ts';
import type { Deps } from './deps.ts';
import { MESSAGE_MAX, makeAppeal } from './member/appeals.ts';
import { type AppealRow, readAppealOf, readSuspension, type SuspensionRow } from './member/suspensions.sql.ts';
import { networkOf } from './network.ts';
import { broken, dayOf, type Page, type Seen, sendPage } from './plain-page.ts';
import { param, programOf, type Route } from './routes.ts';

type Needs = Pick<Deps, 'pools' | 'submit' | 'mail' | 'limits'>;

export function appealPageRoutes(deps: Needs): Route[] {
  const at = {
    path: '/appeal/:token',
    credential: 'signature',
    answers: 'text/html',
    statuses: [200, 404],
    refuses: ['too_many_requests'],
  } as const;
  return [
    {
      ...at,
      method: 'get',
      summary: 'A page on which a suspended member appeals',
      handle: (req, res) => show(deps, req, res),
    },
    {
      ...at,
      method: 'post',
      body: 'raw',
      summary: 'Appeals, with the message that was written on the page',
      refuses: ['too_many_requests', 'not_suspended'],
      handle: (req, res) => take(deps, req, res),
    },
  ];
}

interface Opened {
  readonly loaded: LoadedProgram;
  readonly suspension: SuspensionRow;
  readonly appeal: AppealRow | undefined;
}

async function open({ mail, pools }: Needs, req: Request, res: Response): Promise<Opened | undefined> {
  const loaded = programOf(res);
  const id = mail.readAppeal(loaded, param(req, 'token'));
  const suspension = id === undefined ? undefined : await readSuspension(pools.knex, loaded.no, id);
  return suspension && { loaded, suspension, appeal: await readAppealOf(pools.knex, loaded.no, suspension.id) };
}

async function show(deps: Needs, req: Request, res: Response): Promise<void> {
  const opened = await open(deps, req, res);
  const seen = { t: translatorOf(req), program: programOf(res).program };
  if (!opened) return sendPage(res, 404, seen, broken(seen));
  const { suspension, appeal } = opened;
  if (appeal) return sendPage(res, 200, seen, made(seen, appeal));
  sendPage(res, 200, seen, suspension.lifted_at ? over(seen) : ask(seen));
}

async function take(deps: Needs, req: Request, res: Response): Promise<void> {
  const opened = await open(deps, req, res);
  const { no, program } = programOf(res);
  const seen = { t: translatorOf(req), program };
  if (!opened) return sendPage(res, 404, seen, broken(seen));
  await deps.limits.take('appeals', no, networkOf(req.ip ?? ''));
  const { suspension, appeal } = opened;
  if (appeal) return sendPage(res, 200, seen, made(seen, appeal));
  const message = written(req.body);
  if (message === '') return sendPage(res, 200, seen, ask(seen));
  sendPage(res, 200, seen, made(seen, await makeAppeal(deps, no, suspension, message)));
}

/** A form's one field; what PostgreSQL cannot hold is left out. */
function written(body: unknown): string {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  const message = new URLSearchParams(text).get('message') ?? '';
  return message.replaceAll('\0', '').trim().slice(0, MESSAGE_MAX);
}

const ask = ({ t, program }: Seen): Page => ({
  title: t('appealPage.title'),
  body: html`<p>${t('appealPage.lead', { product: program.name })}</p>
<form method="post"><p><label for="message">${t('appealPage.words')}</label></p>
<p><textarea id="message" name="message" rows="8" maxlength="${MESSAGE_MAX}" required></textarea></p>
<button type="submit">${t('appealPage.button')}</button></form>`,
});

function made({ t, program }: Seen, { state, due_at: due }: AppealRow): Page {
  if (state === 'open') {
    const said = t('appealPage.by', { product: program.name, due: dayOf(t, due) });
    return { title: t('appealPage.arrived'), body: html`<p>${said}</p>` };
  }
  const said = t(state === 'granted' ? 'appealPage.granted' : 'appealPage.refused');
  return { title: t('appealPage.decided'), body: html`<p>${said}</p>` };
}

const over = ({ t, program }: Seen): Page => ({
  title: t('appealPage.over'),
  body: html`<p>${t('appealPage.overMore', { product: program.name })}</p>`,
});
