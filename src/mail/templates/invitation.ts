/**
 * The mail by which a member invites a friend; pure.
 * Promises: it names who invites, carries their link and code, says what the product is, has one button to sign up, and
 * says how to hear no more. Must never: show the inviter's address, or take a word of theirs for markup.
 */
import type { Program } from '../../model/program.ts';
import { html, lines } from '../../texts/html.ts';
import { type Translator, translatorIn } from '../../texts/translator.ts';
import { type Letter, layout, quote } from './layout.ts';
import { fill, fillHtml, oneLine, paragraphs, plainLines, type Words } from './words.ts';

export interface Invitation {
  readonly program: Program;
  /** As the product knows the member; null: it does not say. */
  readonly inviter: string | null;
  readonly code: string;
  readonly url: string;
  /** What the newcomer gets, in words; empty: nothing that is known beforehand. */
  readonly amount: string;
  readonly note: string | undefined;
  readonly unsubscribeUrl: string;
}

const NAME_MAX = 60;
const SUBJECT_MAX = 150;

export function invitation(invite: Invitation): Letter {
  const { program, unsubscribeUrl } = invite;
  const t = translatorIn(program.language);
  const words = wordsOf(invite, t);
  const gift = words.amount === '' ? 'mail.invitation.code' : 'mail.invitation.amount';
  const ours = [t('mail.hi'), t.template('mail.invitation.text'), t.template(gift)].join('\n\n');
  const { text = ours, subject: given = t.template('mail.invitation.subject') } = program.invites;
  const texts = paragraphs(text).filter((each) => fill(each, words).trim() !== '');
  const note = text.includes('{note}') ? '' : (words.note ?? '');
  const description = plainLines(program.product.description ?? '');
  const subject = oneLine(fill(given, words), SUBJECT_MAX);
  const button = { text: t('mail.invitation.button', { product: program.name }), url: invite.url };
  const who = words.name === t('mail.invitation.nobody') ? t('mail.invitation.nobodyInside') : (words.name ?? '');
  const why = t('mail.invitation.why', { who, product: program.name });
  const leave = t('mail.invitation.unsubscribe');
  return {
    subject,
    text: plain([
      ...texts.map((each) => fill(each, words)),
      note && t('quoted', { text: note }),
      description,
      `${button.text}:\n${button.url}`,
      `--\n${why}\n${leave}: ${unsubscribeUrl}`,
    ]),
    html: layout({
      t,
      program,
      title: subject,
      body: [
        ...texts.map((each) => fillHtml(each, words)),
        ...(note === '' ? [] : [quote(lines(note))]),
        ...(description === '' ? [] : [lines(description)]),
      ],
      button,
      foot: [
        html`${why}`,
        html`<a href="${unsubscribeUrl}" style="color:#4b5563">${leave}</a> · <a href="${program.product.homeUrl}" style="color:#4b5563">${program.name}</a>`,
      ],
    }),
  };
}

/** Nobody's name is an address, which would be told to strangers. */
function wordsOf({ program, inviter, code, url, amount, note }: Invitation, t: Translator): Words {
  const name = oneLine(inviter ?? '', NAME_MAX);
  return {
    name: name === '' || name.includes('@') ? t('mail.invitation.nobody') : name,
    product: program.name,
    code,
    url,
    amount,
    note: plainLines(note ?? ''),
  };
}

function plain(parts: readonly string[]): string {
  return `${parts.filter((part) => part.trim() !== '').join('\n\n')}\n`;
}
