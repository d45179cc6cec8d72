/**
 * Where the mail leads that asks a contributor whether the address is theirs.
 * Promises: GET only asks, for scanners open every link; POST proves the address, as often as it comes. Must never: take
 * a member's challenge, which is typed in where they are logged in, or show an address.
 */
import type { Request, Response } from 'express';
import { type Contributor, challengeOf, prove, RegisteringRefused } from '../../fund/contributors.ts';
import { type Html, html } from '../../mail/html.ts';
import type { Program } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { type Page, sendPage } from '../plain-page.ts';
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
  const asked = await challengeOf(fund.ports, loaded, param(req, 'token'), READER);
  if (!asked) return sendPage(res, 404, loaded.program, broken(loaded.program));
  sendPage(res, 200, loaded.program, question(loaded.program, asked.contributor));
}

async function confirm({ fund, env }: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  const { program } = loaded;
  try {
    const contributor = await prove(fund.ports, loaded, param(req, 'token'), READER);
    sendPage(res, 200, program, done(program, contributor, reportUrl({ fund, env }, loaded, contributor.id)));
  } catch (error) {
    if (!(error instanceof RegisteringRefused)) throw error;
    const isTaken = error.why === 'address_taken' || error.why === 'username_taken';
    sendPage(res, isTaken ? 409 : 404, program, isTaken ? taken(program) : broken(program));
  }
}

const question = ({ name }: Program, { username }: Contributor): Page => ({
  title: `Is this address of ${username}?`,
  body: html`<p>Lines that were committed under the address to which you got this link then count for ${username}, and the
Open Source Fund of ${name} pays ${username} for them.</p>
<form method="post"><button type="submit">Confirm the address</button></form>`,
});

const done = ({ name }: Program, { username }: Contributor, url: string): Page => ({
  title: 'The address is confirmed',
  body: html`<p>Its lines count for ${username} in the Open Source Fund of ${name}. <a href="${url}">See your lines</a>, and
keep that page’s address to yourself.</p>`,
});

const taken = (program: Program): Page => ({
  title: 'This belongs to somebody else',
  body: html`<p>The address, or the name, was confirmed for another contributor before. ${help(program)}</p>`,
});

const broken = (program: Program): Page => ({
  title: 'This link does not work',
  body: html`<p>A part of it may be missing, or its week is over. ${help(program)}</p>`,
});

const help = ({ product }: Program): Html =>
  html`If that is wrong, write to <a href="mailto:${product.supportEmail}">${product.supportEmail}</a>.`;
