/**
 * The mails about a suspension: that it was made, with the way to appeal, and what became of the appeal; pure.
 * Promises: says why, what follows and by when an appeal is answered. Must never: show what a signal saw, which would
 * teach how to go around it.
 */
import type { Program } from '../../model/program.ts';
import { html } from '../../texts/html.ts';
import { type Translator, translatorIn } from '../../texts/translator.ts';
import { type Letter, layout } from './layout.ts';

export interface SuspensionMail {
  readonly program: Program;
  readonly reason: string | null;
  readonly appealUrl: string;
}

/** An admin's own words stay inside. */
function why(t: Translator, reason: string | null): string {
  return t.find(`mail.suspension.why.${reason}`) ?? t('mail.suspension.why.other');
}

export function suspensionMail({ program, reason, appealUrl }: SuspensionMail): Letter {
  const t = translatorIn(program.language);
  const product = program.name;
  return letter(t, program, appealUrl, {
    subject: t('mail.suspension.subject', { product }),
    button: t('mail.suspension.button'),
    texts: [
      t('mail.hi'),
      t('mail.suspension.said', { product, why: why(t, reason) }),
      t('mail.suspension.follows'),
      t('mail.suspension.wrong'),
    ],
  });
}

export function appealMail(program: Program, state: 'granted' | 'refused'): Letter {
  const t = translatorIn(program.language);
  const product = program.name;
  const granted = state === 'granted';
  return letter(t, program, program.product.homeUrl, {
    subject: granted ? t('mail.appeal.grantedSubject', { product }) : t('mail.appeal.refusedSubject', { product }),
    button: product,
    texts: [t('mail.hi'), granted ? t('mail.appeal.granted') : t('mail.appeal.refused', { product })],
  });
}

interface Parts {
  readonly subject: string;
  readonly button: string;
  readonly texts: readonly string[];
}

function letter(t: Translator, program: Program, url: string, { subject, button, texts }: Parts): Letter {
  const foot = t('mail.footQuestions', { product: program.name, support: program.product.supportEmail });
  return {
    subject,
    text: `${[...texts, `${button}:\n${url}`, `--\n${foot}`].join('\n\n')}\n`,
    html: layout({
      t,
      program,
      title: subject,
      body: texts.map((each) => html`${each}`),
      button: { text: button, url },
      foot: [html`${foot}`],
    }),
  };
}
