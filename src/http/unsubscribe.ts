/**
 * Where a mail's reader says that they want no more of them (RFC 8058).
 * Promises: GET only asks, for scanners open every link; POST does it, from the page or at one click in the mail
 * program, as often as it comes. Must never: show an address, or need a login.
 */
import { html } from '../mail/html.ts';
import type { Program } from '../model/program.ts';
import type { Deps } from './deps.ts';
import { type Page, sendPage } from './plain-page.ts';
import { param, programOf, type Route } from './routes.ts';

export function unsubscribeRoutes({ mail }: Pick<Deps, 'mail'>): Route[] {
  const at = {
    path: '/unsubscribe/:token',
    credential: 'signature',
    answers: 'text/html',
    statuses: [200, 404],
  } as const;
  return [
    {
      ...at,
      method: 'get',
      summary: 'A page that asks whether to send no more invitations',
      handle: (req, res) => {
        const loaded = programOf(res);
        const { program } = loaded;
        const hash = mail.readUnsubscribe(loaded, param(req, 'token'));
        if (hash === undefined) return sendPage(res, 404, program, broken(program));
        sendPage(res, 200, program, ask(program));
      },
    },
    {
      ...at,
      method: 'post',
      summary: 'Sends no more invitations to whom the link was sent',
      handle: async (req, res) => {
        const loaded = programOf(res);
        const { program } = loaded;
        const hash = mail.readUnsubscribe(loaded, param(req, 'token'));
        if (hash === undefined) return sendPage(res, 404, program, broken(program));
        await mail.suppress(loaded.no, hash);
        sendPage(res, 200, program, done(program));
      },
    },
  ];
}

const ask = ({ name }: Program): Page => ({
  title: `Unsubscribe from invitations to ${name}?`,
  body: html`<p>Nobody will be able to have ${name} invite you by mail any more.</p>
<form method="post"><button type="submit">Unsubscribe</button></form>`,
});

const done = ({ name }: Program): Page => ({
  title: 'You are unsubscribed',
  body: html`<p>${name} will send you no more invitations. You can close this page.</p>`,
});

const broken = ({ product }: Program): Page => ({
  title: 'This link does not work',
  body: html`<p>A part of it may be missing. Please open it from the mail again, or write to
<a href="mailto:${product.supportEmail}">${product.supportEmail}</a>.</p>`,
});
