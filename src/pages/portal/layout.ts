/**
 * What every page of the portal has: the product's name or logo, its colour, the reader's language.
 * Promises: the text on the product's colour can be read; it may stand in a frame only where the program file says so.
 * Must never: take anything from the file for markup.
 */
import type { Request, Response } from 'express';
import { programOf } from '../../http/routes.ts';
import { accentOf, textOn } from '../../mail/templates/layout.ts';
import type { Program } from '../../model/program.ts';
import { type Html, html } from '../../texts/html.ts';
import { translatorOf } from '../../texts/translator.ts';
import { assetUrl, sendPage } from '../send.ts';
import { portalBase } from './session.ts';

export interface PortalPage {
  readonly title: string;
  readonly body: Html;
}

export function showPortal(req: Request, res: Response, { title, body }: PortalPage): void {
  const { program } = programOf(res);
  const t = translatorOf(req);
  const base = portalBase(req);
  const style = styleOf(program);
  const { logo, homeUrl, supportEmail } = program.product;
  const name = logo === undefined ? html`${program.name}` : html`<img src="${logo}" alt="${program.name}">`;
  const page = html`<!doctype html>
<html lang="${t.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assetUrl(base, 'style.css')}">
<style>${{ html: style }}</style>
<script src="${assetUrl(base, 'page.js')}" defer></script>
</head>
<body class="portal">
<a class="skip" href="#main">${t('portal.skip')}</a>
<header class="top"><a class="name" href="${homeUrl}">${name}</a></header>
<main id="main" tabindex="-1">
${body}
</main>
<footer>${t('portal.contact')} <a href="mailto:${supportEmail}">${supportEmail}</a></footer>
<p id="said" class="hidden-text" role="status"></p>
</body>
</html>
`;
  res.setHeader('Vary', 'Accept-Language, Cookie');
  sendPage(res, page, {
    style,
    frameAncestors: program.portal.frameAncestors,
    images: logo === undefined ? [] : [new URL(logo).origin],
  });
}

/** A colour was checked when the program file was read: it can hold nothing but a colour. */
function styleOf(program: Program): string {
  if (program.product.colors.accent === undefined) return '';
  const accent = accentOf(program);
  return `:root { --accent: ${accent}; --on-accent: ${textOn(accent)}; }`;
}
