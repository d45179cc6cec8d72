/**
 * The mails about a suspension: that it was made, with the way to appeal, and what became of the appeal; pure.
 * Promises: says why, what follows and by when an appeal is answered. Must never: show what a signal saw, which would
 * teach how to go around it.
 */
import type { Program } from '../../model/program.ts';
import type { SuspensionReason } from '../../model/suspensions.ts';
import { html } from '../html.ts';
import { type Letter, layout } from './layout.ts';

export interface SuspensionMail {
  readonly program: Program;
  readonly reason: string | null;
  readonly appealUrl: string;
}

const WHY: Readonly<Record<SuspensionReason, string>> = {
  self_referral: 'It looks as if accounts were made to refer oneself.',
  fake_accounts: 'Too many of the accounts that were referred are not really used.',
  incentive_abuse: 'It looks as if something was offered for signups beyond the credit that we give.',
  trademark_misuse: 'It looks as if somebody passed for an employee, partner or official representative.',
  click_fraud: 'It looks as if signups or clicks were made by machines or were paid for.',
  credit_cycling: 'The accounts that were referred use up credits and never pay.',
};

/** An admin's own words stay inside. */
function why(reason: string | null): string {
  return WHY[reason as SuspensionReason] ?? 'It was used against the terms of the program.';
}

export function suspensionMail({ program, reason, appealUrl }: SuspensionMail): Letter {
  const { name } = program;
  return letter(program, appealUrl, {
    subject: `Your referral code for ${name} is suspended`,
    button: 'Appeal',
    texts: [
      'Hi,',
      `Your referral code for ${name} is suspended. ${why(reason)}`,
      'It refers nobody from now on, and credits and shares that were pending are forfeited.',
      'If we are wrong, tell us. A person reads your appeal and answers within 5 business days; if it is granted, you get back what was forfeited.',
    ],
  });
}

export function appealMail(program: Program, state: 'granted' | 'refused'): Letter {
  const { name, product } = program;
  const granted = state === 'granted';
  return letter(program, product.homeUrl, {
    subject: granted ? `Your referral code for ${name} works again` : `Your appeal to ${name}`,
    button: name,
    texts: granted
      ? ['Hi,', 'Your appeal was granted. Your referral code works again, and what was forfeited is given back.']
      : ['Hi,', `We have read your appeal. The suspension of your referral code for ${name} stands.`],
  });
}

interface Parts {
  readonly subject: string;
  readonly button: string;
  readonly texts: readonly string[];
}

function letter(program: Program, url: string, { subject, button, texts }: Parts): Letter {
  const support = program.product.supportEmail;
  const foot = `You get this mail because you have a referral code for ${program.name}. Questions: ${support}`;
  return {
    subject,
    text: `${[...texts, `${button}:\n${url}`, `--\n${foot}`].join('\n\n')}\n`,
    html: layout({
      program,
      title: subject,
      body: texts.map((each) => html`${each}`),
      button: { text: button, url },
      foot: [html`${foot}`],
    }),
  };
}
