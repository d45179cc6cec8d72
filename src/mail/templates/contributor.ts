/**
 * The mail that asks whether an address is a contributor's own; pure.
 * Promises: it says for whom it was asked and what follows, and that nothing happens without an answer. Must never: be a
 * link that hands an address to somebody who registered it without being its owner: a member types the code in.
 */
import type { Program } from '../../model/program.ts';
import { html } from '../html.ts';
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
  const subject = `Confirm your address for the ${program.name} Open Source Fund`;
  const who = `Somebody registered this address as that of the contributor ${name}. Lines committed under it then count for ${name}, and the fund pays ${name} for them.`;
  const how =
    url === null
      ? 'If it was you, enter this code where you registered. Give it to nobody else.'
      : 'If it was you, confirm it on this page.';
  const not = 'If it was not you, do nothing.';
  const button = url === null ? { text: 'Open the portal', url: portalUrl } : { text: 'Confirm the address', url };
  return {
    subject,
    text: `${[who, how, ...(url === null ? [code] : []), not, `${button.text}:\n${button.url}`].join('\n\n')}\n`,
    html: layout({
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
