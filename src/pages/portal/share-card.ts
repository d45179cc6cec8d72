/**
 * The link in every form in which it is shared: to copy, as a QR code, as t for the places where people talk; pure.
 * Must never: load anything of those places; a button is a link.
 */
import { type Html, html } from '../../texts/html.ts';
import type { Home } from './home.ts';

export function shareCard({ program, t, base, me }: Home): Html {
  if (me.code === null || me.url === null || me.share_text === null) {
    return html`<section class="card"><p>${t('portal.noCode')}</p><form method="post" action="${base}/code"><button class="first">${t('portal.makeCode')}</button></form></section>`;
  }
  const { url, share_text: text } = me;
  // A space as %20: not everybody reads + as one, and a text would arrive full of them.
  const place = (origin: string, query: Readonly<Record<string, string>>): string =>
    `${origin}?${new URLSearchParams(query).toString().replaceAll('+', '%20')}`;
  const mail = `mailto:?subject=${encodeURIComponent(t('portal.mailSubject', { product: program.name }))}&body=${encodeURIComponent(text.email)}`;
  const places: (readonly [string, string])[] = [
    [t('portal.shareOn.x'), place('https://x.com/intent/post', { text: text.x })],
    [
      t('portal.shareOn.linkedin'),
      place('https://www.linkedin.com/feed/', { shareActive: 'true', text: text.linkedin }),
    ],
    [t('portal.shareOn.telegram'), place('https://t.me/share/url', { url, text: text.telegram })],
    [t('portal.shareOn.whatsapp'), place('https://wa.me/', { text: text.telegram })],
    [t('portal.shareOn.email'), mail],
  ];
  return html`<section class="card share" aria-labelledby="link"><div><h2 id="link">${t('portal.yourLink')}</h2>
<div class="copy"><input id="url" aria-labelledby="link" readonly value="${url}"><button type="button" class="first" data-copy="#url" data-copied="${t('portal.copied')}">${t('portal.copy')}</button></div>
<p class="soft">${t('portal.yourCode', { code: me.code })}</p>
<h3>${t('portal.share')}</h3><p class="row">${places.map(([name, to]) => html`<a class="button" href="${to}" target="_blank" rel="noopener">${name}</a>`)}</p></div>
<div class="qr"><img src="${base}/qr.svg" alt="${t('portal.qrAlt')}" width="136" height="136">${t('portal.download')}: <a href="${base}/qr.svg" download="${me.code}.svg">SVG</a> <a href="${base}/qr.png" download="${me.code}.png">PNG</a></div></section>`;
}
