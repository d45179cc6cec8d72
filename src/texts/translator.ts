/**
 * What mails and pages say, in the language of whoever reads: texts from <language>.json, and by Intl whatever a
 * language writes in its own way; pure.
 * Promises: a text is named by its key, which the compiler knows; `{name}` in it stands for a word, numbers are written
 * as the language does, and the form of a plural is that of `n`. Must never: hold a text, or take a word for markup.
 */
import { LANGUAGES, type Language } from '../model/language.ts';
import type { Program } from '../model/program.ts';
import de from './de.json' with { type: 'json' };
import en from './en.json' with { type: 'json' };
import { type Html, html } from './html.ts';
import * as words from './words.ts';

export type Key = keyof typeof en;
/** Which forms a plural has differs by language. */
type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
type Catalogue = { readonly [K in Key]: (typeof en)[K] extends string ? string : Plural };

/** A language is its file, a word here, and its name in model/language.ts. */
const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, de };

type Plain = string | number | bigint;

export interface Translator {
  (key: Key, given?: Readonly<Record<string, Plain>>): string;
  (key: Key, given: Readonly<Record<string, Plain | Html>>): Html;
  readonly language: Language;
  /** A text with its words not put in, for whoever puts them in as HTML or as text. */
  readonly template: (key: Key) => string;
  /** The text of a key that need not be there. */
  readonly find: (key: string) => string | undefined;
  /** A code as people say it; one that has no text, without its underscores. */
  readonly word: (code: string) => string;
  readonly count: (value: number | bigint) => string;
  readonly percent: (part: number) => string;
  /** `7.5%` of the API. */
  readonly rate: (rate: string) => string;
  readonly amount: (amount: number | bigint, unit: string, program?: Pick<Program, 'unit'>) => string;
  readonly moment: (at: string | Date) => Html;
  readonly day: (at: string | Date) => Html;
  readonly dayText: (at: string | Date) => string;
  /** Of `2026-05`, or a day or time in it. */
  readonly month: (month: string) => string;
  /** In the largest unit that divides it. */
  readonly duration: (ms: number) => string;
  readonly list: (items: readonly (string | Html)[]) => Html;
}

/** `cap_reached` → `cap reached`. */
export const plain = (code: string): string => code.replaceAll('_', ' ');

const made = new Map<Language, Translator>();

export function translatorIn(language: Language): Translator {
  const known = made.get(language) ?? translator(language);
  made.set(language, known);
  return known;
}

function translator(language: Language): Translator {
  const texts: Readonly<Record<string, string | Plural>> = CATALOGUES[language];
  const plurals = new Intl.PluralRules(language);
  const lists = new Intl.ListFormat(language, { type: 'unit' });
  const count = (value: number | bigint) => words.count(language, value);
  const say = (key: Key, given: Readonly<Record<string, Plain | Html>> = {}) => {
    const text = CATALOGUES[language][key];
    const template = typeof text === 'string' ? text : (text[plurals.select(Number(given.n))] ?? text.other);
    return filled(template, given, count);
  };
  const find = (key: string) => {
    const text = Object.hasOwn(texts, key) ? texts[key] : undefined;
    return typeof text === 'string' ? text : undefined;
  };
  return Object.assign(say as Pick<Translator, never> & ((key: Key) => string), {
    language,
    template: (key: Key) => find(key) ?? '',
    find,
    word: (code: string) => find(`word.${code.replaceAll(' ', '_')}`) ?? plain(code),
    count,
    percent: (part: number) => words.percent(language, part),
    rate: (rate: string) => words.rateIn(language, rate),
    amount: (amount: number | bigint, unit: string, program?: Pick<Program, 'unit'>) =>
      words.amountIn(language, amount, unit, program),
    moment: (at: string | Date) => words.moment(language, at),
    day: (at: string | Date) => words.day(language, at),
    dayText: (at: string | Date) => words.dayText(language, at),
    month: (month: string) => words.monthText(language, `${month.slice(0, 7)}-01T00:00:00Z`),
    duration: (ms: number) => words.duration(language, ms),
    list: (items: readonly (string | Html)[]) =>
      html`${lists.formatToParts(items.map((_, at) => String(at))).map(({ type, value }) => (type === 'element' ? (items[Number(value)] ?? '') : value))}`,
  }) as Translator;
}

function filled(
  template: string,
  given: Readonly<Record<string, Plain | Html>>,
  count: Translator['count'],
): string | Html {
  const parts = template.split(/\{(\w+)\}/).map((part, at) => {
    const word = at % 2 === 0 ? part : given[part];
    return typeof word === 'number' || typeof word === 'bigint' ? count(word) : (word ?? `{${part}}`);
  });
  return parts.every((part) => typeof part === 'string') ? parts.join('') : html`${parts}`;
}

export const LANGUAGE_COOKIE = 'plusone_language';

/** What a request says of the language of whoever sent it. */
interface Asking {
  readonly headers: { readonly cookie?: string | undefined; readonly 'accept-language'?: string | undefined };
}

/** As chosen in the account, else the one of ours that the browser likes best. */
export function translatorOf({ headers }: Asking): Translator {
  const cookies = (headers.cookie ?? '').split(';').map((each) => each.trim());
  const chosen = LANGUAGES.find((each) => cookies.includes(`${LANGUAGE_COOKIE}=${each}`));
  return translatorIn(chosen ?? words.languageOf(headers['accept-language']));
}
