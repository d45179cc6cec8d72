/**
 * Where a mail's reader says that they want no more of them (RFC 8058).
 * Promises: GET only asks, for scanners open every link; POST does it, from the page or at one click in the mail
 * program, as often as it comes. Must never: show an address, or need a login.
 */
import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { type Html, html } from '../mail/html.ts';
import { accentOf, textOn } from '../mail/templates/layout.ts';
import type { Program } from '../model/program.ts';
import type { Deps } from './deps.ts';
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

interface Page {
  readonly title: string;
  readonly body: Html;
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

function sendPage(res: Response, status: number, program: Program, { title, body }: Page): void {
  const style = styleOf(program);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
<main>
<p class="product"><a href="${program.product.homeUrl}">${program.name}</a></p>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  const hash = createHash('sha256').update(style).digest('base64');
  res.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  );
  res.status(status).type('html').send(page.html);
}

/** A colour was checked when the program file was read: it can hold nothing but a colour. */
function styleOf(program: Program): string {
  const accent = accentOf(program);
  return `
body { margin: 0; background: #f3f4f6; color: #1f2937; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 32rem; margin: 4rem auto; padding: 2rem; background: #fff; border-radius: 8px; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
.product { margin: 0 0 1.5rem; font-weight: 700; }
a { color: inherit; }
button { padding: .75rem 1.5rem; border: 0; border-radius: 6px; background: ${accent}; color: ${textOn(accent)}; font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid #1f2937; outline-offset: 3px; }
@media (max-width: 34rem) { main { margin: 0; border-radius: 0; } }
`;
}
