/**
 * Pages of a program that stand alone: those behind links in mails (one question, one button), and the fund's report.
 * Promises: readable without anything else being loaded, no script. Must never: be framed, or send a form anywhere but
 * here.
 */
import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { accentOf, textOn } from '../mail/templates/layout.ts';
import type { Program } from '../model/program.ts';
import { type Html, html } from '../texts/html.ts';
import type { Translator } from '../texts/translator.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
}

/** In the language of whoever looks. */
export interface Seen {
  readonly t: Translator;
  readonly program: Program;
}

export function sendPage(res: Response, status: number, seen: Seen, page: Page): void {
  const style = styleOf(seen.program);
  res.setHeader('Content-Security-Policy', policyFor(style, "'self'"));
  res.setHeader('Vary', VARY);
  res
    .status(status)
    .type('html')
    .send(plainPage(seen, page, style));
}

export function policyFor(style: string, formAction: "'self'" | "'none'"): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`;
}

export function plainPage({ t, program }: Seen, { title, body }: Page, style: string): string {
  return html`<!doctype html>
<html lang="${t.language}">
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
`.html;
}

/** What a page is, if it is the same address in another language. */
export const VARY = 'Accept-Language, Cookie';

/** `2026-05-08` in English, as the API writes it. */
export const dayOf = (t: Translator, day: Date): string =>
  t.language === 'en' ? day.toISOString().slice(0, 10) : t.dayText(day);

/** Where to write when something is wrong. */
export const supportOf = ({ product }: Program): Html =>
  html`<a href="mailto:${product.supportEmail}">${product.supportEmail}</a>`;

/** A mail's link that opens nothing. */
export const broken = ({ t, program }: Seen): Page => ({
  title: t('plain.broken'),
  body: html`<p>${t('plain.brokenMore', { support: supportOf(program) })}</p>`,
});

/** A colour was checked when the program file was read: it can hold nothing but a colour. */
function styleOf(program: Program): string {
  const accent = accentOf(program);
  return `
body { margin: 0; background: #f3f4f6; color: #1f2937; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 32rem; margin: 4rem auto; padding: 2rem; background: #fff; border-radius: 8px; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
.product { margin: 0 0 1.5rem; font-weight: 700; }
a { color: inherit; }
textarea { width: 100%; box-sizing: border-box; padding: .75rem; border: 1px solid #9ca3af; border-radius: 6px; font: inherit; }
button { padding: .75rem 1.5rem; border: 0; border-radius: 6px; background: ${accent}; color: ${textOn(accent)}; font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible, a:focus-visible, textarea:focus-visible { outline: 3px solid #1f2937; outline-offset: 3px; }
@media (max-width: 34rem) { main { margin: 0; border-radius: 0; } }
`;
}
