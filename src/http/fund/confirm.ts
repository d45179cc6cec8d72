/**
 * Where the mail leads that asks a contributor whether the address is theirs.
 * Promises: GET only asks, for scanners open every link; POST proves the address, as often as it comes. Must never: take
 * a member's challenge, which is typed in where they are logged in, or show an address.
 */
import type { Request, Response } from 'express';
import { type Contributor, challengeOf, prove, RegisteringRefused } from '../../fund/contributors.ts';
import { type Html, html } from '../../texts/html.ts';
import { translatorOf } from '../../texts/translator.ts';
import type { Deps } from '../deps.ts';
import { type Page, type Seen, sendPage, supportOf } from '../plain-page.ts';
import { param, programOf, type Route } from '../routes.ts';
import { reportUrl } from './report.ts';

type Needs = Pick<Deps, 'fund' | 'env'>;

/** Whoever opens the link. */
const READER = null;

export function confirmRoutes(deps: Needs): Route[] {
  const at = {
    path: '/fund/confirm/:token',
    credential: 'signature',
    answers: 'text/html',
    statuses: [200, 404, 409],
  } as const;
  return [
    {
      ...at,
      method: 'get',
      summary: 'A page that asks a contributor whether the address is theirs',
      handle: (req, res) => ask(deps, req, res),
    },
    {
      ...at,
      method: 'post',
      summary: 'Proves the address to which the link was sent',
      handle: (req, res) => confirm(deps, req, res),
    },
  ];
}

async function ask({ fund }: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  const seen = { t: translatorOf(req), program: loaded.program };
  const asked = await challengeOf(fund.ports, loaded, param(req, 'token'), READER);
  if (!asked) return sendPage(res, 404, seen, broken(seen));
  sendPage(res, 200, seen, question(seen, asked.contributor));
}

async function confirm({ fund, env }: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  const seen = { t: translatorOf(req), program: loaded.program };
  try {
    const contributor = await prove(fund.ports, loaded, param(req, 'token'), READER);
    sendPage(res, 200, seen, done(seen, contributor, reportUrl({ fund, env }, loaded, contributor.id)));
  } catch (error) {
    if (!(error instanceof RegisteringRefused)) throw error;
    const isTaken = error.why === 'address_taken' || error.why === 'username_taken';
    sendPage(res, isTaken ? 409 : 404, seen, isTaken ? taken(seen) : broken(seen));
  }
}

const question = ({ t, program }: Seen, { username: name }: Contributor): Page => ({
  title: t('confirm.title', { name }),
  body: html`<p>${t('confirm.lead', { name, product: program.name })}</p>
<form method="post"><button type="submit">${t('confirm.button')}</button></form>`,
});

function done({ t, program }: Seen, { username: name }: Contributor, url: string): Page {
  const link = html`<a href="${url}">${t('confirm.see')}</a>`;
  return {
    title: t('confirm.done'),
    body: html`<p>${t('confirm.doneMore', { name, product: program.name, link })}</p>`,
  };
}

const taken = (seen: Seen): Page => ({
  title: seen.t('confirm.taken'),
  body: html`<p>${seen.t('confirm.takenMore')} ${help(seen)}</p>`,
});

const broken = (seen: Seen): Page => ({
  title: seen.t('plain.broken'),
  body: html`<p>${seen.t('confirm.brokenMore')} ${help(seen)}</p>`,
});

const help = ({ t, program }: Seen): Html => t('confirm.help', { support: supportOf(program) });
