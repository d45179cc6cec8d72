/**
 * Where a mail's reader says that they want no more of them (RFC 8058).
 * Promises: GET only asks, for scanners open every link; POST does it, from the page or at one click in the mail
 * program, as often as it comes. Must never: show an address, or need a login.
 */
import { html } from '../texts/html.ts';
import { translatorOf } from '../texts/translator.ts';
import type { Deps } from './deps.ts';
import { broken, type Page, type Seen, sendPage } from './plain-page.ts';
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
        const seen = { t: translatorOf(req), program: loaded.program };
        const hash = mail.readUnsubscribe(loaded, param(req, 'token'));
        if (hash === undefined) return sendPage(res, 404, seen, broken(seen));
        sendPage(res, 200, seen, ask(seen));
      },
    },
    {
      ...at,
      method: 'post',
      summary: 'Sends no more invitations to whom the link was sent',
      handle: async (req, res) => {
        const loaded = programOf(res);
        const seen = { t: translatorOf(req), program: loaded.program };
        const hash = mail.readUnsubscribe(loaded, param(req, 'token'));
        if (hash === undefined) return sendPage(res, 404, seen, broken(seen));
        await mail.suppress(loaded.no, hash);
        sendPage(res, 200, seen, done(seen));
      },
    },
  ];
}

const ask = ({ t, program: { name: product } }: Seen): Page => ({
  title: t('unsubscribe.title', { product }),
  body: html`<p>${t('unsubscribe.lead', { product })}</p>
<form method="post"><button type="submit">${t('unsubscribe.button')}</button></form>`,
});

const done = ({ t, program }: Seen): Page => ({
  title: t('unsubscribe.done'),
  body: html`<p>${t('unsubscribe.doneMore', { product: program.name })}</p>`,
});
