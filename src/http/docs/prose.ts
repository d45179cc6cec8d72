/**
 * Sentences of the document as HTML.
 */
import { type Html, html } from '../../texts/html.ts';

/** A sentence in which `this` is code. */
export function prose(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
