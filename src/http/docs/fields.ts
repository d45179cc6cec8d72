/**
 * The fields of a body or an answer as a list: name, type, whether it must be there, what it means; what is nested
 * opens on demand.
 */

import { type Html, html } from '../../texts/html.ts';
import { type Document, type JsonSchema, resolve } from '../openapi/model.ts';
import { prose } from './prose.ts';

const DEPTH_MAX = 4;

/** asked: what must be there is marked. answered: what may be missing is. */
export type Direction = 'asked' | 'answered';

export function fieldsOf(document: Document, schema: JsonSchema, way: Direction, depth = 0): Html | undefined {
  const whole = resolve<JsonSchema>(document, schema);
  const variants = whole.oneOf ?? whole.anyOf?.filter((each) => each.type !== 'null');
  if (variants && variants.length > 1) return variantsOf(document, variants, way, depth);
  if (variants?.[0]) return fieldsOf(document, variants[0], way, depth);
  if (whole.allOf) return html`${whole.allOf.map((part) => fieldsOf(document, part, way, depth))}`;
  if (whole.items) return fieldsOf(document, whole.items, way, depth);
  const { properties, required = [] } = whole;
  if (!properties) return undefined;
  return html`<ul class="fields">${Object.entries(properties).map(([name, each]) =>
    field(document, { name, schema: each, required: required.includes(name), way }, depth),
  )}</ul>`;
}

interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly way: Direction;
}

export function field(document: Document, { name, schema, required, way }: Field, depth = 0): Html {
  const whole = resolve<JsonSchema>(document, schema);
  const description = schema.description ?? whole.description;
  const within = depth < DEPTH_MAX ? fieldsOf(document, schema, way, depth + 1) : undefined;
  const mark =
    way === 'asked'
      ? required && html` <span class="must">required</span>`
      : !required && html` <span class="type">may be missing</span>`;
  return html`<li>
    <div class="field"><code class="name">${name}</code> <span class="type">${typeOf(document, schema)}</span>${mark}</div>
    ${description ? html`<p>${prose(description)}</p>` : ''}${allowed(whole)}
    ${within ? html`<details><summary>Fields of <code>${name}</code></summary>${within}</details>` : ''}
  </li>`;
}

/** One of several: each opens by itself, named by its component or by the literal that tells them apart. */
function variantsOf(
  document: Document,
  variants: readonly JsonSchema[],
  way: Direction,
  depth: number,
): Html | undefined {
  const shown = variants.flatMap((variant, index) => {
    const within = fieldsOf(document, variant, way, depth + 1);
    return within ? [html`<details><summary>${nameOf(variant, index)}</summary>${within}</details>`] : [];
  });
  return shown.length > 0 ? html`<div class="variants"><p>One of:</p>${shown}</div>` : undefined;
}

function nameOf(variant: JsonSchema, index: number): Html {
  if (variant.$ref) return html`<code>${variant.$ref.slice(variant.$ref.lastIndexOf('/') + 1)}</code>`;
  const fixed = Object.entries(variant.properties ?? {}).find(([, each]) => each.const !== undefined);
  if (fixed) return html`with <code>${fixed[0]}: ${JSON.stringify(fixed[1].const)}</code>`;
  if (variant.items) return html`a list of ${variant.items.$ref ? nameOf(variant.items, index) : 'them'}`;
  const [first] = variant.required ?? [];
  return first ? html`an object with <code>${first}</code>` : html`form ${index + 1}`;
}

function typeOf(document: Document, schema: JsonSchema): string {
  const whole = resolve<JsonSchema>(document, schema);
  const variants = whole.anyOf ?? whole.oneOf;
  if (variants) {
    const names = [...new Set(variants.map((each) => typeOf(document, each)))];
    return [...names.filter((each) => each !== 'null'), ...names.filter((each) => each === 'null')].join(' or ');
  }
  if (whole.const !== undefined) return JSON.stringify(whole.const);
  if (whole.items) return `list of ${plural(typeOf(document, whole.items))}`;
  const types = Array.isArray(whole.type) ? whole.type : [whole.type ?? (whole.properties ? 'object' : 'anything')];
  return types.map((type) => (type === 'string' ? (FORMATS[whole.format ?? ''] ?? 'text') : type)).join(' or ');
}

const FORMATS: Readonly<Record<string, string>> = { 'date-time': 'time', date: 'date', uri: 'URL' };
const plural = (type: string): string => (['text', 'anything'].includes(type) || / /.test(type) ? type : `${type}s`);

const ENUM_SHOWN_MAX = 12;

/** Values to choose from, limits, and what stands where nothing is given. */
function allowed(schema: JsonSchema): Html | undefined {
  const parts: Html[] = [];
  const values = schema.enum ?? schema.items?.enum ?? [];
  if (values.length > 0 && values.length <= ENUM_SHOWN_MAX)
    parts.push(
      html`one of ${values.map((value, index) => html`${index > 0 ? ', ' : ''}<code>${String(value)}</code>`)}`,
    );
  if (schema.default !== undefined) parts.push(html`default <code>${JSON.stringify(schema.default)}</code>`);
  if (schema.minimum !== undefined) parts.push(html`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) parts.push(html`at most ${schema.maximum}`);
  if (schema.maxLength !== undefined) parts.push(html`up to ${schema.maxLength} characters`);
  if (schema.maxItems !== undefined) parts.push(html`up to ${schema.maxItems} items`);
  if (parts.length === 0) return undefined;
  return html`<p class="allowed">${parts.map((part, index) => html`${index > 0 ? ' · ' : ''}${part}`)}</p>`;
}
