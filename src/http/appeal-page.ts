/**
 * Where the mail about a suspension leads: a page on which its reader appeals.
 * Promises: GET only asks, for scanners open every link; POST makes the appeal, once, and says by when it is answered.
 * Must never: show who it is about, or need a login.
 */
import type { Request, Response } from 'express';
import { html } from '../mail/html.ts';
import type { LoadedProgram, Program } from '../model/program.ts';
import type { Deps } from './deps.ts';
import { MESSAGE_MAX, makeAppeal } from './member/appeals.ts';
import { type AppealRow, readAppealOf, readSuspension, type SuspensionRow } from './member/suspensions.sql.ts';
import { networkOf } from './network.ts';
import { type Page, sendPage } from './plain-page.ts';
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
  const { program } = programOf(res);
  if (!opened) return sendPage(res, 404, program, broken(program));
  const { suspension, appeal } = opened;
  if (appeal) return sendPage(res, 200, program, made(program, appeal));
  sendPage(res, 200, program, suspension.lifted_at ? over(program) : ask(program));
}

async function take(deps: Needs, req: Request, res: Response): Promise<void> {
  const opened = await open(deps, req, res);
  const { no, program } = programOf(res);
  if (!opened) return sendPage(res, 404, program, broken(program));
  await deps.limits.take('appeals', no, networkOf(req.ip ?? ''));
  const { suspension, appeal } = opened;
  if (appeal) return sendPage(res, 200, program, made(program, appeal));
  const message = written(req.body);
  if (message === '') return sendPage(res, 200, program, ask(program));
  sendPage(res, 200, program, made(program, await makeAppeal(deps, no, suspension, message)));
}

/** A form's one field; what PostgreSQL cannot hold is left out. */
function written(body: unknown): string {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  const message = new URLSearchParams(text).get('message') ?? '';
  return message.replaceAll('\0', '').trim().slice(0, MESSAGE_MAX);
}

const ask = ({ name }: Program): Page => ({
  title: 'Appeal the suspension',
  body: html`<p>Tell ${name} why the suspension of your referral code is wrong. A person reads it and answers within five
working days.</p>
<form method="post"><p><label for="message">Your words</label></p>
<p><textarea id="message" name="message" rows="8" maxlength="${MESSAGE_MAX}" required></textarea></p>
<button type="submit">Appeal</button></form>`,
});

const ANSWERS = {
  granted: 'Your appeal was granted: the suspension is lifted, and what it took is given back.',
  refused: 'Your appeal was refused: the suspension stands.',
};

const made = ({ name }: Program, { state, due_at: due }: AppealRow): Page => ({
  title: state === 'open' ? 'Your appeal has arrived' : 'Your appeal is decided',
  body:
    state === 'open'
      ? html`<p>${name} answers by ${due.toISOString().slice(0, 10)}. You can close this page.</p>`
      : html`<p>${ANSWERS[state]}</p>`,
});

const over = ({ name }: Program): Page => ({
  title: 'There is nothing to appeal',
  body: html`<p>The suspension was lifted: your referral code for ${name} works again.</p>`,
});

const broken = ({ product }: Program): Page => ({
  title: 'This link does not work',
  body: html`<p>A part of it may be missing. Please open it from the mail again, or write to
<a href="mailto:${product.supportEmail}">${product.supportEmail}</a>.</p>`,
});
