/**
 * HTML by tagged templates.
 * Promises: whatever is put in is escaped, for text and for attributes in quotes, unless it is HTML made here. Must
 * never: be used without quotes around an attribute, or for a URL that somebody else chose.
 */
export interface Html {
  readonly html: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** undefined and false are nothing, so that a part may depend on something. */
type Value = string | number | false | undefined | Html | readonly Value[];

function written(value: Value): string {
  if (value === undefined || value === false) return '';
  if (typeof value !== 'object') return escaped(String(value));
  return 'html' in value ? value.html : value.map(written).join('');
}

export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: String.raw({ raw: strings }, ...values.map(written)) };
}

export const NOTHING: Html = { html: '' };

/** Line ends become <br>. */
export function lines(text: string): Html {
  return { html: text.split('\n').map(escaped).join('<br>\n') };
}
