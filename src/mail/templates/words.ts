/**
 * Texts for people in which `{name}` stands for a word: filled in once, as text or as HTML; pure.
 * Promises: what is put in is never read as a template again; what goes into a header is one line. Must never: let a
 * control character through, or one that turns the direction of writing and makes a line read as another.
 */
import { type Html, html, lines } from '../../texts/html.ts';

export type Words = Readonly<Record<string, string>>;

const WORD = /\{([a-z]+)\}/g;
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;
const DIRECTION = /[\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** One line, without white space at its ends, at most so many characters. */
export function oneLine(text: string, most: number): string {
  const line = text.replace(CONTROLS, ' ').replace(DIRECTION, '').replace(/\s+/g, ' ').trim();
  return Array.from(line).slice(0, most).join('').trimEnd();
}

/** Line ends stay, as \n. */
export function plainLines(text: string): string {
  const rows = text.replace(/\r\n?/g, '\n').split('\n');
  return rows
    .map((row) => row.replace(CONTROLS, ' ').replace(DIRECTION, '').trimEnd())
    .join('\n')
    .trim();
}

export function fill(template: string, words: Words): string {
  return template.replace(WORD, (whole, word) => words[word] ?? whole);
}

/** Paragraphs stand between blank lines; one that nothing is left of falls away. */
export function paragraphs(template: string): string[] {
  return plainLines(template)
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph !== '');
}

/** The word `url` becomes a link. */
export function fillHtml(template: string, words: Words): Html {
  const parts = template.split(/(\{[a-z]+\})/).map((part) => {
    const word = /^\{([a-z]+)\}$/.exec(part)?.[1];
    const value = word === undefined ? undefined : words[word];
    if (value === undefined) return lines(part);
    return word === 'url' ? html`<a href="${value}">${value}</a>` : lines(value);
  });
  return html`${parts}`;
}
