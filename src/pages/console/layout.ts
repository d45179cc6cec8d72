/**
 * What every page of the console has: the sections at the side, who is signed in, the page's title.
 * Promises: everything is reached by keyboard, in the order in which it is seen. Must never: show what the role may not
 * use as if it could.
 */
import type { Request, Response } from 'express';
import { adminOf } from '../../http/admin-auth.ts';
import { PROBLEMS, type ProblemCode } from '../../http/problems.ts';
import { type Html, html } from '../../mail/html.ts';
import { assetUrl, queryOf, sendPage } from '../send.ts';
import { count } from '../words.ts';

const BASE = '/admin';

const SECTIONS = [
  ['/admin', 'Overview'],
  ['/admin/rewards', 'Rewards'],
  ['/admin/held', 'Held'],
  ['/admin/failed', 'Failed credits'],
  ['/admin/payments', 'Unearned payments'],
  ['/admin/members', 'Members'],
  ['/admin/appeals', 'Appeals'],
  ['/admin/events', 'Events'],
  ['/admin/programs', 'Programs'],
  ['/admin/fund', 'Fund'],
  ['/admin/audit', 'Audit'],
  ['/admin/health', 'Health'],
] as const;

export type Section = (typeof SECTIONS)[number][0];

export const MARK = html`<svg class="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><rect width="32" height="32" rx="8"/><path d="M6.5 16h9M11 11.5v9M20 12l4-2.5v13"/></svg>`;
const BRAND = html`<p class="brand"><a href="/admin">${MARK}<span>Plusone</span></a></p>`;

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
  const { program } = req.query as Record<string, string | undefined>;
  const { session } = adminOf(res);
  const nav = SECTIONS.map(
    ([path, name]) =>
      html`<li><a href="${path}${queryOf({ program: path === '/admin' ? undefined : program })}"${path === page.section && html` aria-current="page"`}>${name}</a></li>`,
  );
  const who =
    session &&
    html`<div class="who"><a href="/admin/account">${session.name}</a> <span>${session.role}</span><form method="post" action="/admin/sign-out"><button class="plain">Sign out</button></form></div>`;
  const live = page.live === undefined ? undefined : html` data-live="${page.live}"`;
  sendPage(
    res,
    frame(
      page.title,
      html`<body class="console">
<a class="skip" href="#main">Skip to the content</a>
<header class="side"><div class="in">${BRAND}<nav aria-label="Sections"><ul>${nav}</ul></nav>${who}</div></header>
<main class="content" id="main" tabindex="-1">
<div class="title"><div><h1>${page.title}</h1>${page.lead !== undefined && html`<p class="soft">${page.lead}</p>`}</div>${page.acts && html`<div class="acts">${page.acts}</div>`}</div>
${noticeOf(req.query as Record<string, string | undefined>)}
<div${live}>${page.body}</div>
</main>`,
    ),
  );
}

const DONE: Readonly<Record<string, string>> = {
  approve: 'Approved: ',
  reject: 'Rejected: ',
  reverse: 'Reversed: ',
  replay: 'The event was handled again.',
  saved: 'Saved.',
  attached: 'The payment has its referrer.',
  secret: 'The new secret is in force.',
  settled: 'Noted how the payout ended.',
};

/** What the form before did; the words are ours, the address only says which. */
function noticeOf({ done = '', n, code = '', refused }: Readonly<Record<string, string | undefined>>): Html[] {
  const found = Object.hasOwn(DONE, done) ? DONE[done] : undefined;
  const problem = Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as ProblemCode][1] : undefined;
  const number = (text: string | undefined) => count('en', Number(/^\d{1,6}$/.exec(text ?? '')?.[0] ?? 0));
  const rewards = (text: string | undefined) => `${number(text)} ${number(text) === '1' ? 'reward' : 'rewards'}`;
  return [
    ...(found === undefined
      ? []
      : [html`<p class="note good" role="status">${found}${n !== undefined && `${rewards(n)}.`}</p>`]),
    ...(problem === undefined
      ? []
      : [
          html`<p class="note bad" role="alert">${refused !== undefined && `Not done for ${rewards(refused)}: `}${problem}.</p>`,
        ]),
  ];
}

/** A page before anybody is signed in. */
export function narrowPage(title: string, body: Html, problem?: string): Html {
  return frame(
    title,
    html`<body>
<main class="narrow" id="main">
<div class="card">${BRAND}<h1>${title}</h1>
${problem !== undefined && html`<p class="note bad" role="alert">${problem}</p>`}
${body}</div>
</main>`,
  );
}

export function consoleProblem(title: string, detail: string): Html {
  const more = detail === '' || detail === title ? undefined : html`<p>${detail}</p>`;
  return narrowPage(title, html`${more}<p><a href="/admin">To the overview</a></p>`);
}

function frame(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
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
