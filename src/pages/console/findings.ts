/**
 * What a rule or a signal saw and said, in words: amounts in their currency, durations, lists; pure.
 * Promises: whatever was stored is shown, also what has no form of its own here. Must never: show an absent value as if
 * something had been seen.
 */
import { type Html, html } from '../../texts/html.ts';
import { plain, type Translator } from '../../texts/translator.ts';
import * as parts from './parts.ts';

export interface Finding {
  readonly asked: string;
  readonly saw: Readonly<Record<string, unknown>>;
  readonly said: string;
}

/** Amounts in the payment's currency; in the reward's unit. */
const PAID = new Set(['gross', 'tax', 'net']);
const EARNED = new Set(['minimum_payment']);
/** Ids and words of others, shown as they are. */
const NAMES = new Set(['code', 'event', 'source', 'actor', 'by', 'reason', 'note', 'payment', 'detail']);
const PASSED = new Set(['clear', 'attributed', 'not_seen']);

/** A table of findings; `unit` is the reward's. */
export function findings(t: Translator, caption: string, list: readonly Finding[], unit: string | undefined): Html {
  const tone = (said: string) => (said.startsWith('earns') ? 'good' : PASSED.has(said) ? '' : 'warn');
  return parts.table(
    caption,
    [
      { name: t('findings.asked'), of: ({ asked }) => html`<strong>${askedOf(t, asked)}</strong>`, kind: 'nowrap' },
      { name: t('findings.saw'), of: ({ saw }) => seen(t, saw, unit), kind: 'long' },
      { name: t('findings.said'), of: ({ said }) => parts.badge(t, saidOf(t, said), tone(said)), kind: 'nowrap' },
    ],
    list,
  );
}

/** `signal same_ip`, `rule share`: a rule has the name that the program file gives it. */
function askedOf(t: Translator, asked: string): string {
  const [, kind, name = ''] = /^(signal|rule) (.+)$/.exec(asked) ?? [];
  if (kind === 'signal') return t('findings.signal', { name: t.word(name) });
  return kind === 'rule' ? t('findings.rule', { name: plain(name) }) : t.word(asked);
}

export function seen(t: Translator, saw: Finding['saw'], unit: string | undefined): Html {
  const isPaid = [...PAID].some((name) => name in saw);
  const shown = Object.entries(saw)
    .filter(([name]) => !(isPaid && name === 'currency'))
    .map(([name, value]) => [name, formOf(t, name, value, { paid: textOf(saw.currency), unit })] as const)
    .filter((each): each is [string, Html | string] => each[1] !== undefined);
  if (shown.length === 0) return html`<span class="soft">${t('findings.nothing')}</span>`;
  return html`<dl class="seen">${shown.map(([name, value]) => html`<div><dt>${t.word(name.replace(/_ms$/, ''))}</dt> <dd>${value}</dd></div>`)}</dl>`;
}

/** `earns 375 usd` → `earns $3.75`. */
function saidOf(t: Translator, said: string): string {
  const [, amount, unit] = /^earns (\d+) (\S+)$/.exec(said) ?? [];
  return amount === undefined || unit === undefined
    ? said
    : t('findings.earns', { amount: t.amount(BigInt(amount), unit) });
}

interface Units {
  readonly paid: string | undefined;
  readonly unit: string | undefined;
}

function formOf(t: Translator, name: string, value: unknown, units: Units): Html | string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'boolean') return t.word(value ? 'yes' : 'no');
  if (typeof value === 'number') return numberOf(t, name, value, units);
  if (typeof value === 'string') return wordOf(t, name, value);
  if (Array.isArray(value)) {
    if (value.length === 0) return t('findings.none');
    const all = value.map((each) => formOf(t, name, each, units)).filter((each) => each !== undefined);
    return t.list(all);
  }
  const inner = Object.entries(value)
    .map(([key, each]) => [key, formOf(t, key, each, units)] as const)
    .filter(([, each]) => each !== undefined);
  return html`${inner.map(([key, each], at) => html`${at > 0 && ' '}<span class="soft">${t.word(key)}</span> ${each}`)}`;
}

function numberOf(t: Translator, name: string, value: number, { paid, unit }: Units): string {
  if (name.endsWith('_ms')) return t.duration(value);
  const of = PAID.has(name) ? paid : EARNED.has(name) ? unit : undefined;
  return of === undefined || !Number.isSafeInteger(value) ? numeral(t, value) : t.amount(value, of);
}

const numeral = (t: Translator, value: number): string => (Number.isInteger(value) ? t.count(value) : String(value));

function wordOf(t: Translator, name: string, value: string): Html | string {
  if (/^\d+(\.\d+)?%$/.test(value)) return t.rate(value);
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return t.moment(value);
  return NAMES.has(name) || !/^[a-z]+(_[a-z]+)*$/.test(value) ? value : t.word(value);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
