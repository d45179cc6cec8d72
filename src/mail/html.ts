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

export function html(strings: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const written = values.map((value) => {
    if (typeof value === 'string') return escaped(value);
    return 'html' in value ? value.html : value.map((each) => each.html).join('');
  });
  return { html: String.raw({ raw: strings }, ...written) };
}

export const NOTHING: Html = { html: '' };

/** Line ends become <br>. */
export function lines(text: string): Html {
  return { html: text.split('\n').map(escaped).join('<br>\n') };
}
