/**
 * Taking the texts of codes out of a body that somebody else's event keeps.
 * Promises: the event tells the same as before but for these codes, which its reader proves place by place; so a replay
 * ends where the first reading did. A body in which a code stays said cannot be kept. Must never: touch a word that only
 * looks like a code, in an event that does not say it.
 */
import { parseBody } from '../model/body.ts';
import { codeKeyOf } from '../model/code-names.ts';
import type { Keyed } from '../model/fold.ts';
import type { Program } from '../model/program.ts';
import { keysOf } from './keys.ts';
import type { ReadEvent } from './read-events.ts';

const SPELLING_LENGTH_MIN = 4;

/** By the key of its text: the keyed hash that takes its place. */
export type HiddenCodes = ReadonlyMap<string, string>;
export type ReadBody = (body: unknown) => ReadEvent;

/** One that nobody writes by chance may be looked for anywhere; `active` and `customer` may not. */
export function isTelling(code: string): boolean {
  return (code.length >= 6 && /\d/.test(code) && /[a-z]/.test(code)) || (code.length >= 10 && /[a-z]-[a-z]/.test(code));
}

/** As a provider that takes fewer signs has it; what is somebody's code by itself, `taken` says. */
export function withSpellings(codes: HiddenCodes, taken: ReadonlySet<string>): HiddenCodes {
  const all = new Map(codes);
  for (const [code, hidden] of codes) {
    for (const text of spellingsAtProviders(code)) if (!all.has(text) && !taken.has(text)) all.set(text, hidden);
  }
  return all;
}

export function spellingsAtProviders(code: string): string[] {
  const texts = [code.replaceAll('_', '-'), code.replace(/[^a-z0-9]/g, '')];
  return texts.filter((text) => text !== code && text.length >= SPELLING_LENGTH_MIN);
}

/** Which codes an event says, by their keys. */
export function codesSaid(read: ReadEvent, keyed: Keyed): ReadonlySet<string> {
  return read.ok ? keysOf([read.event], keyed).codeKeys : new Set();
}

/** What carries codes in the bodies of this program, by the last name of its path. */
export function carriersOf({ sources, attribution }: Program): ReadonlySet<string> {
  const paths = sources.flatMap(({ codeFrom }) => codeFrom ?? []);
  return new Set([attribution.parameter, 'referral_code', ...paths.map((path) => path.split('.').at(-1) ?? path)]);
}

/** Undefined: nothing of them is in it. Null: it still says one, or cannot be read. */
export function withoutCodes(
  text: string,
  { codes, carriers, read, keyed }: { codes: HiddenCodes; carriers: ReadonlySet<string>; read: ReadBody; keyed: Keyed },
): string | null | undefined {
  try {
    const first = read(parseBody(text));
    const said = codesSaid(first, keyed);
    const told = factsOf(first, codes);
    const isSame = (candidate: string) => factsOf(read(parseBody(candidate)), codes) === told;
    let [changed, at] = [text, 0];
    for (const place of placesOf(text)) {
      const hidden = hiddenIn(place, { codes, carriers, said });
      if (hidden === place.value) continue;
      const written = JSON.stringify(hidden);
      const candidate = changed.slice(0, place.at + at) + written + changed.slice(place.at + at + place.length);
      if (!isSame(candidate)) continue;
      changed = candidate;
      at += written.length - place.length;
    }
    if ([...codesSaid(read(parseBody(changed)), keyed)].some((key) => codes.has(key))) return null;
    return changed === text ? undefined : changed;
  } catch {
    return null;
  }
}

/** What is for people only: no decision goes by it. */
const WORDS: ReadonlySet<string> = new Set(['name', 'note', 'message', 'reason', 'suspendedDetail']);

/** What it tells, whatever the codes are called. */
function factsOf(read: ReadEvent, codes: HiddenCodes): string {
  return JSON.stringify(read, (name, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'string') return value;
    if (name === 'code') return codes.get(codeKeyOf(value)) ?? value;
    return WORDS.has(name) ? withoutWords(value, codes) : value;
  });
}

function withoutWords(text: string, codes: HiddenCodes): string {
  const lower = text.toLowerCase();
  const told = [...codes].filter(([code]) => isTelling(code) && lower.includes(code));
  return told.reduce((left, [code, hidden]) => left.replace(wordOf(code), `$1${hidden}`), text);
}

interface Place {
  readonly at: number;
  readonly length: number;
  readonly value: string;
  /** The name that it is the value of, where it is one's. */
  readonly name: string | undefined;
}

const TEXTS = /"(?:[^"\\]|\\.)*"/g;

/** Every text of the body that is a value, as it stands there. */
function* placesOf(text: string): Generator<Place> {
  let name: string | undefined;
  for (const { 0: literal, index: at } of text.matchAll(TEXTS)) {
    const value = JSON.parse(literal) as string;
    const behind = /^\s{0,100}:/.test(text.slice(at + literal.length, at + literal.length + 101));
    if (behind) name = value;
    else yield { at, length: literal.length, value, name };
  }
}

function hiddenIn(
  { value, name }: Place,
  { codes, carriers, said }: { codes: HiddenCodes; carriers: ReadonlySet<string>; said: ReadonlySet<string> },
): string {
  const whole = codeKeyOf(value);
  const lower = value.toLowerCase();
  let found = withoutWords(value, codes);
  for (const [code, hidden] of codes) {
    if (isTelling(code) || !lower.includes(code)) continue;
    if (whole === code && (said.has(code) || carriers.has(name ?? ''))) return hidden;
    else if (said.has(code)) found = found.replace(linkedAs(code), `$1${hidden}`);
  }
  return found;
}

/** Not a part of another word or code; `ref_` may stand before it. */
const wordOf = (code: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_-])(ref_)?${code}(?![\\p{L}\\p{N}_-])`, 'giu');
/** As a link or a client's reference has it. */
const linkedAs = (code: string): RegExp => new RegExp(`(^ref_|[?&/=])${code}(?=$|[&#/?])`, 'gi');

/** The same for a statement; PostgreSQL's way to write it. */
export const wordInSql = (code: string): string => `(?<![[:alnum:]_-])${code}(?![[:alnum:]_-])`;
