// From the schemas of the document to TypeScript: one exported type for each component that the client uses.
import type { Document, JsonSchema } from '../../src/http/openapi/model.ts';

/** A type as text; the components that it names are added to `used`. */
export function typeText(schema: JsonSchema, used: Set<string>): string {
  if (schema.$ref) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    used.add(name);
    return name;
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return [...new Set(variants.map((each) => typeText(each, used)))].join(' | ');
  if (schema.allOf) return schema.allOf.map((each) => grouped(typeText(each, used))).join(' & ');
  const types = Array.isArray(schema.type) ? (schema.type as string[]) : [schema.type as string | undefined];
  return types.map((type) => ofType(type, schema, used)).join(' | ');
}

function ofType(type: string | undefined, schema: JsonSchema, used: Set<string>): string {
  switch (type) {
    case 'object':
      return objectText(schema, used);
    case 'array':
      return `readonly ${grouped(typeText(schema.items ?? {}, used))}[]`;
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    default:
      return 'unknown';
  }
}

const grouped = (text: string): string =>
  / [|&] |^readonly /.test(text) && !/^[{(].*[)}]$/s.test(text) ? `(${text})` : text;

function objectText({ properties, required = [], additionalProperties }: JsonSchema, used: Set<string>): string {
  if (!properties) {
    const values = typeof additionalProperties === 'object' ? typeText(additionalProperties, used) : 'unknown';
    return `Readonly<Record<string, ${values}>>`;
  }
  const lines = Object.entries(properties).map(([name, schema]) => {
    const type = typeText(schema, used).replaceAll('\n', '\n  ');
    return `${commentText(schema.description, '  ')}  readonly ${name}${required.includes(name) ? '' : '?'}: ${type};\n`;
  });
  return `{\n${lines.join('')}}`;
}

export function commentText(text: string | undefined, indent = ''): string {
  return text ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : '';
}

/** The components that are used, and those that these use. */
export function typesText(document: Document, used: ReadonlySet<string>): string {
  const all = new Set(used);
  const texts = new Map<string, string>();
  // A set that grows while it is walked: what a component names is walked, too.
  for (const name of all) {
    const schema = document.components.schemas[name];
    if (!schema) throw new Error(`the document has no component ${name}`);
    const type = typeText(schema, all);
    texts.set(name, `${commentText(schema.description)}export type ${name} = ${type};\n`);
  }
  return [...texts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([, text]) => text)
    .join('\n');
}
