/**
 * What a rule or a signal saw and said, in words: amounts in their currency, durations, lists; pure.
 * Promises: whatever was stored is shown, also what has no form of its own here. Must never: show an absent value as if
 * something had been seen.
 */
import { type Html, html } from '../../mail/html.ts';
import { amountIn, count, moment } from '../words.ts';
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
export function findings(caption: string, list: readonly Finding[], unit: string | undefined): Html {
  const tone = (said: string) => (said.startsWith('earns') ? 'good' : PASSED.has(said) ? '' : 'warn');
  return parts.table(
    caption,
    [
      { name: 'Asked', of: ({ asked }) => html`<strong>${parts.plain(asked)}</strong>`, kind: 'nowrap' },
      { name: 'Saw', of: ({ saw }) => seen(saw, unit), kind: 'long' },
      { name: 'Said', of: ({ said }) => parts.badge(saidOf(said), tone(said)), kind: 'nowrap' },
    ],
    list,
  );
}

export function seen(saw: Finding['saw'], unit: string | undefined): Html {
  const isPaid = [...PAID].some((name) => name in saw);
  const shown = Object.entries(saw)
    .filter(([name]) => !(isPaid && name === 'currency'))
    .map(([name, value]) => [name, formOf(name, value, { paid: textOf(saw.currency), unit })] as const)
    .filter((each): each is [string, Html | string] => each[1] !== undefined);
  if (shown.length === 0) return html`<span class="soft">nothing</span>`;
  return html`<dl class="seen">${shown.map(([name, value]) => html`<div><dt>${parts.plain(name.replace(/_ms$/, ''))}</dt> <dd>${value}</dd></div>`)}</dl>`;
}

/** `earns 375 usd` → `earns $3.75`. */
function saidOf(said: string): string {
  const [, amount, unit] = /^earns (\d+) (\S+)$/.exec(said) ?? [];
  return amount === undefined || unit === undefined ? said : `earns ${amountIn('en', BigInt(amount), unit)}`;
}

interface Units {
  readonly paid: string | undefined;
  readonly unit: string | undefined;
}

function formOf(name: string, value: unknown, units: Units): Html | string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return numberOf(name, value, units);
  if (typeof value === 'string') return wordOf(name, value);
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    const all = value.map((each) => formOf(name, each, units)).filter((each) => each !== undefined);
    return html`${all.map((each, at) => html`${at > 0 && ', '}${each}`)}`;
  }
  const inner = Object.entries(value)
    .map(([key, each]) => [key, formOf(key, each, units)] as const)
    .filter(([, each]) => each !== undefined);
  return html`${inner.map(([key, each], at) => html`${at > 0 && ' '}<span class="soft">${parts.plain(key)}</span> ${each}`)}`;
}

function numberOf(name: string, value: number, { paid, unit }: Units): string {
  if (name.endsWith('_ms')) return durationOf(value);
  const of = PAID.has(name) ? paid : EARNED.has(name) ? unit : undefined;
  return of === undefined || !Number.isSafeInteger(value) ? numeral(value) : amountIn('en', value, of);
}

const numeral = (value: number): string => (Number.isInteger(value) ? count('en', value) : String(value));

function wordOf(name: string, value: string): Html | string {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return moment('en', value);
  return NAMES.has(name) || !/^[a-z]+(_[a-z]+)+$/.test(value) ? value : parts.plain(value);
}

const LENGTHS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const;

/** In the largest unit that divides it. */
export function durationOf(ms: number): string {
  const [length, name] = LENGTHS.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms'];
  const n = ms / length;
  if (name === 'ms') return `${count('en', n)} ms`;
  return `${count('en', n)} ${name}${n === 1 ? '' : 's'}`;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
