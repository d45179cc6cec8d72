/**
 * What is new since yesterday, and a month in one mail; pure.
 * Promises: says what happened and where to look, and how to hear less. Must never: name who was referred, or which
 * signal holds a credit.
 */
import type { Program } from '../../model/program.ts';
import { amountIn } from '../amounts.ts';
import { html } from '../html.ts';
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

const LANGUAGE = 'en';
const plurals = new Intl.PluralRules(LANGUAGE);
const plural = (n: number, one: string, other: string): string => `${n} ${plurals.select(n) === 'one' ? one : other}`;

export function newsMail({ program, news, portalUrl }: News): Letter {
  const { joined, held, credited, expiring } = news;
  const sums = (list: readonly Sum[]) => list.map((each) => amountOf(program, each)).join(' and ');
  const lines = [
    joined > 0 && `${plural(joined, 'person', 'people')} joined ${program.name} with your link.`,
    credited.length > 0 && `You earned ${sums(credited)}.`,
    held > 0 && `${plural(held, 'credit is', 'credits are')} being checked by a person before it counts.`,
    expiring.length > 0 && `${sums(expiring)} will expire in a week: use it before then.`,
  ].filter((line) => line !== false);
  const subject =
    joined > 0
      ? `${plural(joined, 'person', 'people')} joined ${program.name} with your link`
      : credited.length > 0
        ? `You earned ${sums(credited)} at ${program.name}`
        : expiring.length > 0
          ? `${sums(expiring)} at ${program.name} will expire in a week`
          : `News of your referrals to ${program.name}`;
  return letter(program, portalUrl, subject, lines);
}

export function summaryMail({ program, news, period, portalUrl }: News): Letter {
  const month = new Intl.DateTimeFormat(LANGUAGE, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${period}-01T00:00:00Z`),
  );
  const earned = news.credited.map((each) => amountOf(program, each)).join(' and ');
  return letter(program, portalUrl, `Your referrals to ${program.name} in ${month}`, [
    `In ${month}, ${plural(news.joined, 'person', 'people')} joined ${program.name} with your link.`,
    earned === '' ? 'You earned nothing yet.' : `You earned ${earned}.`,
  ]);
}

const amountOf = (program: Program, { unit, amount }: Sum): string => amountIn(LANGUAGE, amount, unit, program);

function letter(program: Program, portalUrl: string, subject: string, lines: readonly string[]): Letter {
  const foot = `You get this mail because you have a referral code for ${program.name}. You choose on that page what we write about.`;
  const button = { text: 'See it all', url: portalUrl };
  return {
    subject,
    text: `${[...lines, `${button.text}:\n${button.url}`, `--\n${foot}`].join('\n\n')}\n`,
    html: layout({ program, title: subject, body: lines.map((line) => html`${line}`), button, foot: [html`${foot}`] }),
  };
}
