/**
 * What is new since yesterday, and a month in one mail; pure.
 * Promises: says what happened and where to look, and how to hear less. Must never: name who was referred, or which
 * signal holds a credit.
 */
import type { Program } from '../../model/program.ts';
import { html } from '../../texts/html.ts';
import { type Translator, translatorIn } from '../../texts/translator.ts';
import { type Letter, layout } from './layout.ts';

export interface Sum {
  readonly unit: string;
  readonly amount: bigint;
}

export interface News {
  readonly program: Program;
  readonly news: {
    readonly joined: number;
    readonly held: number;
    readonly credited: readonly Sum[];
    readonly expiring: readonly Sum[];
  };
  /** `2026-05-01`, or `2026-05`. */
  readonly period: string;
  readonly portalUrl: string;
}

export function newsMail({ program, news, portalUrl }: News): Letter {
  const t = translatorIn(program.language);
  const product = program.name;
  const { joined, held, credited, expiring } = news;
  const [earned, ending] = [sumsOf(t, program, credited), sumsOf(t, program, expiring)];
  const lines = [
    joined > 0 && t('mail.news.joined', { n: joined, product }),
    earned !== '' && t('mail.news.earned', { sums: earned }),
    held > 0 && t('mail.news.held', { n: held }),
    ending !== '' && t('mail.news.expiring', { sums: ending }),
  ].filter((line) => line !== false);
  const subject =
    joined > 0
      ? t('mail.news.joinedSubject', { n: joined, product })
      : earned !== ''
        ? t('mail.news.earnedSubject', { sums: earned, product })
        : ending !== ''
          ? t('mail.news.expiringSubject', { sums: ending, product })
          : t('mail.news.subject', { product });
  return letter(t, program, portalUrl, subject, lines);
}

export function summaryMail({ program, news, period, portalUrl }: News): Letter {
  const t = translatorIn(program.language);
  const month = t.month(period);
  const product = program.name;
  const earned = sumsOf(t, program, news.credited);
  return letter(t, program, portalUrl, t('mail.summary.subject', { product, month }), [
    t('mail.summary.joined', { n: news.joined, product, month }),
    earned === '' ? t('mail.summary.nothing') : t('mail.news.earned', { sums: earned }),
  ]);
}

/** Empty: there are none. */
function sumsOf(t: Translator, program: Program, sums: readonly Sum[]): string {
  const [first = '', ...others] = sums.map(({ amount, unit }) => t.amount(amount, unit, program));
  return others.reduce((one, other) => t('mail.and', { one, other }), first);
}

function letter(t: Translator, program: Program, portalUrl: string, subject: string, lines: readonly string[]): Letter {
  const foot = t('mail.foot', { product: program.name });
  const button = { text: t('mail.news.button'), url: portalUrl };
  const body = lines.map((line) => html`${line}`);
  return {
    subject,
    text: `${[...lines, `${button.text}:\n${button.url}`, `--\n${foot}`].join('\n\n')}\n`,
    html: layout({ t, program, title: subject, body, button, foot: [html`${foot}`] }),
  };
}
