/**
 * The mail that asks whether an address is a contributor's own; pure.
 * Promises: it says for whom it was asked and what follows, and that nothing happens without an answer. Must never: be a
 * link that hands an address to somebody who registered it without being its owner: a member types the code in.
 */
import type { Program } from '../../model/program.ts';
import { html } from '../../texts/html.ts';
import { translatorIn } from '../../texts/translator.ts';
import { type Letter, layout } from './layout.ts';
import { oneLine } from './words.ts';

export interface ContributorMail {
  readonly program: Program;
  readonly username: string;
  /** A page with one button, or null where the code is typed in. */
  readonly url: string | null;
  readonly code: string;
  /** Where it is typed in. */
  readonly portalUrl: string;
}

const NAME_MAX = 60;

export function contributorMail({ program, username, url, code, portalUrl }: ContributorMail): Letter {
  const name = oneLine(username, NAME_MAX);
  const t = translatorIn(program.language);
  const subject = t('mail.contributor.subject', { product: program.name });
  const who = t('mail.contributor.who', { name });
  const how = t(url === null ? 'mail.contributor.enter' : 'mail.contributor.confirm');
  const not = t('mail.contributor.not');
  const button =
    url === null ? { text: t('mail.contributor.open'), url: portalUrl } : { text: t('mail.contributor.button'), url };
  return {
    subject,
    text: `${[who, how, ...(url === null ? [code] : []), not, `${button.text}:\n${button.url}`].join('\n\n')}\n`,
    html: layout({
      t,
      program,
      title: subject,
      body: [
        html`${who}`,
        html`${how}`,
        ...(url === null ? [html`<code style="word-break:break-all">${code}</code>`] : []),
        html`${not}`,
      ],
      button,
      foot: [html`<a href="${program.product.homeUrl}" style="color:#4b5563">${program.name}</a>`],
    }),
  };
}
