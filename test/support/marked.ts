/**
 * German as a language of marks: each text of English stands between ⟦ and ⟧, so that what stands between none is either
 * what somebody sent us, or a word that no translator would find.
 * Promises: the mails and pages of this process say it until `restore`. Must never: be imported by src.
 */
import de from '../../src/texts/de.json' with { type: 'json' };
import en from '../../src/texts/en.json' with { type: 'json' };

const marked = (text: string) =>
  text.replace(/[^{}]+(?![^{]*\})/g, (piece) => (/\p{L}/u.test(piece) ? `⟦${piece}⟧` : piece));

/** Returns what makes it German again. */
export function markGerman(): () => void {
  const original = structuredClone(de);
  const texts = Object.entries(en).map(([key, text]) => [
    key,
    typeof text === 'string'
      ? marked(text)
      : Object.fromEntries(Object.entries(text).map(([form, each]) => [form, marked(each)])),
  ]);
  Object.assign(de, Object.fromEntries(texts));
  return () => Object.assign(de, original);
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const SEEN = 'aria-label|alt|placeholder|data-confirm|data-copied|data-file';

/** What stands on an HTML page in no marks, but code, times and what `data` matches. */
export function ownWordsOf(page: string, data: RegExp): string[] {
  if (!page.includes('<html lang="de">')) return ['<html lang="de"> is missing'];
  const shown = page
    .replace(/<(script|style|time|code|pre)\b.*?<\/\1>/gs, ' ')
    .replace(new RegExp(`<[^>]*\\s(?:${SEEN})="[^>]*>`, 'g'), (tag) =>
      Array.from(tag.matchAll(new RegExp(`\\s(?:${SEEN})="([^"]*)"`, 'g')), ([, said]) => `\n${said}\n`).join(''),
    )
    .replace(/<[^>]*>/g, '\n')
    .replace(/&(#?\w+);/g, (_, name) => ENTITIES[name] ?? '?');
  return wordsIn(shown, data);
}

/** The same of plain text. */
export function wordsIn(text: string, data: RegExp): string[] {
  const pieces = text
    .replace(/⟦[^⟦⟧]*⟧/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(data, ' ').match(/[\p{L}{}⟦⟧][^\n]*/u) ?? []);
  return [...new Set(pieces)];
}
