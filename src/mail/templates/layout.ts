/**
 * What every mail looks like: the product's name or logo, its colour, one button, a small foot; pure.
 * Promises: readable without pictures and without styles; the button's text can be read on its colour. Must never: load
 * anything but the product's own logo, which tells nobody who opened the mail.
 */
import type { Program } from '../../model/program.ts';
import { type Html, html, NOTHING } from '../../texts/html.ts';
import type { Translator } from '../../texts/translator.ts';

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Layout {
  readonly t: Translator;
  readonly program: Program;
  readonly title: string;
  readonly body: readonly Html[];
  readonly button: { readonly text: string; readonly url: string };
  readonly foot: readonly Html[];
}

const ACCENT = '#1f2937';
const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const PARAGRAPH = 'margin:0 0 16px;font-size:16px;line-height:1.5;color:#1f2937';
const SMALL = 'margin:0 0 8px;font-size:13px;line-height:1.5;color:#4b5563';

export function layout({ t, program, title, body, button, foot }: Layout): string {
  const accent = accentOf(program);
  const style = `display:inline-block;padding:12px 24px;border-radius:6px;background:${accent};color:${textOn(accent)};${FONT};font-size:16px;font-weight:600;text-decoration:none`;
  const link = html`<a href="${button.url}" style="color:#4b5563;word-break:break-all">${button.url}</a>`;
  const page = html`<!doctype html>
<html lang="${t.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${title}</title>
</head>
<body style="margin:0;padding:0;background:#f3f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-radius:8px"><tr><td style="padding:32px;${FONT}">
${head(program)}
${body.map((each) => html`<p style="${PARAGRAPH}">${each}</p>\n`)}
<p style="margin:24px 0"><a href="${button.url}" style="${style}">${button.text}</a></p>
<p style="${SMALL}">${t('mail.buttonFails', { link })}</p>
</td></tr></table>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px"><tr><td style="padding:16px 32px;${FONT}">
${foot.map((each) => html`<p style="${SMALL}">${each}</p>\n`)}
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
  return page.html;
}

function head({ name, product }: Program): Html {
  const title =
    product.logo === undefined
      ? html`<span style="font-size:20px;font-weight:700;color:#1f2937">${name}</span>`
      : html`<img src="${product.logo}" alt="${name}" height="32" style="display:block;height:32px;max-width:240px;border:0;font-size:20px;font-weight:700;color:#1f2937">`;
  return html`<p style="margin:0 0 24px">${title}</p>`;
}

/** A note in somebody else's words, set apart from ours. */
export function quote(text: Html): Html {
  return text.html === ''
    ? NOTHING
    : html`<span style="display:block;padding:4px 0 4px 16px;border-left:3px solid #d1d5db;color:#374151">${text}</span>`;
}

/** `#abc` and `#aabbcc` as six digits; a colour's name as it is. */
export function accentOf({ product }: Program): string {
  const given = product.colors.accent ?? ACCENT;
  const [, digits] = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(given) ?? [];
  if (digits === undefined) return given.startsWith('#') ? ACCENT : given;
  return `#${digits.length === 3 ? Array.from(digits, (digit) => digit + digit).join('') : digits}`;
}

/** Black or white, whichever has the greater contrast (WCAG); white on a colour that is only named. */
export function textOn(colour: string): string {
  const [, red, green, blue] = /^#(..)(..)(..)$/.exec(colour) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return '#ffffff';
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((hex) => linear(Number.parseInt(hex, 16) / 255));
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? '#000000' : '#ffffff';
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}
