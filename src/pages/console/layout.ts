/**
 * What every page of the console has: the sections at the side, who is signed in, the page's title.
 * Promises: everything is reached by keyboard, in the order in which it is seen. Must never: show what the role may not
 * use as if it could.
 */
import type { Request, Response } from 'express';
import { adminOf } from '../../http/admin-auth.ts';
import { PROBLEMS, type Problem, type ProblemCode } from '../../http/problems.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Key, type Translator, translatorOf } from '../../texts/translator.ts';
import { assetUrl, queryOf, sendPage } from '../send.ts';

const BASE = '/admin';

const SECTIONS = [
  ['/admin', 'nav.overview'],
  ['/admin/rewards', 'nav.rewards'],
  ['/admin/held', 'nav.held'],
  ['/admin/failed', 'nav.failed'],
  ['/admin/payments', 'nav.payments'],
  ['/admin/members', 'nav.members'],
  ['/admin/appeals', 'nav.appeals'],
  ['/admin/events', 'nav.events'],
  ['/admin/programs', 'nav.programs'],
  ['/admin/fund', 'nav.fund'],
  ['/admin/audit', 'nav.audit'],
  ['/admin/health', 'nav.health'],
] as const satisfies readonly (readonly [string, Key])[];

export type Section = (typeof SECTIONS)[number][0];

export const MARK = html`<svg class="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><rect width="32" height="32" rx="8"/><path d="M6.5 16h9M11 11.5v9M20 12l4-2.5v13"/></svg>`;
const BRAND = html`<p class="brand"><a href="/admin">${MARK}<span>Plusone</span></a></p>`;

type Query = Readonly<Record<string, string | undefined>>;

export interface Page {
  readonly title: string;
  /** Below the title: one line that says what is seen here. */
  readonly lead?: Html | string;
  /** Buttons beside the title. */
  readonly acts?: Html;
  readonly section?: Section;
  readonly body: Html;
  /** Brought up to date every so many seconds. */
  readonly live?: number;
}

export function showPage(req: Request, res: Response, page: Page): void {
  const t = translatorOf(req);
  const query = req.query as Query;
  const { session } = adminOf(res);
  const nav = SECTIONS.map(
    ([path, name]) =>
      html`<li><a href="${path}${queryOf({ program: path === '/admin' ? undefined : query.program })}"${path === page.section && html` aria-current="page"`}>${t(name)}</a></li>`,
  );
  const who =
    session &&
    html`<div class="who"><a href="/admin/account">${session.name}</a> <span>${t.word(session.role)}</span><form method="post" action="/admin/sign-out"><button class="plain">${t('nav.signOut')}</button></form></div>`;
  const live = page.live === undefined ? undefined : html` data-live="${page.live}"`;
  const body = html`<body class="console">
<a class="skip" href="#main">${t('nav.skip')}</a>
<header class="side"><div class="in">${BRAND}<nav aria-label="${t('nav.sections')}"><ul>${nav}</ul></nav>${who}</div></header>
<main class="content" id="main" tabindex="-1">
<div class="title"><div><h1>${page.title}</h1>${page.lead !== undefined && html`<p class="soft">${page.lead}</p>`}</div>${page.acts && html`<div class="acts">${page.acts}</div>`}</div>
${noticeOf(t, query)}
<div${live}>${page.body}</div>
</main>`;
  sendOwn(res, frame(t, page.title, body));
}

const numberIn = (text: string | undefined): number => Number(/^\d{1,6}$/.exec(text ?? '')?.[0] ?? 0);

/** What the form before did; the words are ours, the address only says which. */
function noticeOf(t: Translator, { done = '', n, code = '', refused }: Query): Html[] {
  const notices: Html[] = [];
  const said = /^(approve|reject|reverse)$/.test(done)
    ? t(`done.${done as 'approve' | 'reject' | 'reverse'}`, { rewards: t('rewards.count', { n: numberIn(n) }) })
    : t.find(`done.${done}`);
  if (said !== undefined) notices.push(html`<p class="note good" role="status">${said}</p>`);
  if (Object.hasOwn(PROBLEMS, code)) {
    const problem = t(`problem.${code as ProblemCode}`);
    const rewards = refused !== undefined && t('rewards.count', { n: numberIn(refused) });
    const text = rewards === false ? `${problem}.` : t('refused', { rewards, problem });
    notices.push(html`<p class="note bad" role="alert">${text}</p>`);
  }
  return notices;
}

/** A page before anybody is signed in. */
export function showNarrow(req: Request, res: Response, title: string, body: Html, problem?: string): void {
  const t = translatorOf(req);
  const page = html`<body>
<main class="narrow" id="main">
<div class="card">${BRAND}<h1>${title}</h1>
${problem !== undefined && html`<p class="note bad" role="alert">${problem}</p>`}
${body}</div>
</main>`;
  sendOwn(res, frame(t, title, page));
}

/** A detail is written by whatever refused, in English: in other languages, only what the code says is told. */
export function whyOf(t: Translator, { code, options }: Problem): string {
  return (t.language === 'en' && options.detail) || t(`problem.${code}`);
}

export function showProblem(req: Request, res: Response, problem: Problem): void {
  const t = translatorOf(req);
  const [title, why] = [t(`problem.${problem.code}`), whyOf(t, problem)];
  showNarrow(
    req,
    res,
    title,
    html`${why !== title && html`<p>${why}</p>`}<p><a href="/admin">${t('nav.toOverview')}</a></p>`,
  );
}

function sendOwn(res: Response, page: Html): void {
  res.setHeader('Vary', 'Accept-Language, Cookie');
  sendPage(res, page);
}

function frame(t: Translator, title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="${t.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Plusone</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assetUrl(BASE, 'style.css')}">
<script src="${assetUrl(BASE, 'page.js')}" defer></script>
</head>
${body}
<p id="said" class="hidden-text" role="status"></p>
</body>
</html>
`;
}
