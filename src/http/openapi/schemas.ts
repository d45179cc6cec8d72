/**
 * From zod's forms to the schemas of the document, by zod's own converter, which speaks both versions: 3.1 is JSON
 * Schema as it is, 3.0 its own dialect of it (`nullable`, no `const`).
 * Promises: a form with a name is one component, wherever it stands. Must never: describe what zod would not check.
 */
import * as z from 'zod';
import type { JsonSchema, Version } from './model.ts';

export interface Schemas {
  readonly components: Record<string, JsonSchema>;
  /** The schema of one of the forms that were given: a reference, where it has a name. */
  of(form: z.ZodType): JsonSchema;
}

const TARGETS = { '3.1': 'draft-2020-12', '3.0': 'openapi-3.0' } as const;
const WHERE = /"#\/(\$defs|definitions)\//g;

export function schemasOf(forms: Iterable<z.ZodType>, version: Version): Schemas {
  const given = new Map([...new Set(forms)].map((form, index) => [form, `form${index}`]));
  const all = z.object(Object.fromEntries([...given].map(([form, name]) => [name, form])));
  // By what goes in: a request as it is sent, an answer as it is handed over; no form of an answer transforms.
  const whole = z.toJSONSchema(all, {
    io: 'input',
    target: TARGETS[version],
    override: ({ jsonSchema }) => tidy(jsonSchema as Record<string, unknown>, version),
  });
  const { properties, $defs, definitions } = JSON.parse(
    JSON.stringify(whole).replace(WHERE, '"#/components/schemas/'),
  ) as Converted;
  const components = Object.fromEntries(
    Object.entries($defs ?? definitions ?? {})
      .map(([name, { id: _id, ...schema }]) => [name, schema] as const)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
  return {
    components,
    of: (form) => {
      const name = given.get(form);
      const schema = name === undefined ? undefined : properties[name];
      if (!schema) throw new Error('bug: a form is asked for that was not given');
      return schema;
    },
  };
}

type Named = JsonSchema & { readonly id?: string };

interface Converted {
  readonly properties: Record<string, JsonSchema>;
  readonly $defs?: Record<string, Named>;
  readonly definitions?: Record<string, Named>;
}

/** Says once what zod says twice, and nothing about text that PostgreSQL cannot hold. */
function tidy(schema: Record<string, unknown>, version: Version): void {
  if (schema.format === 'date-time' || schema.format === 'date') delete schema.pattern;
  if (schema.pattern === '^[^\\0]*$') delete schema.pattern;
  if (schema.type === 'integer') {
    schema.format = 'int64';
    if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
    if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  }
  delete schema.propertyNames;
  if (version === '3.0' && Array.isArray(schema.examples)) {
    schema.example = schema.examples[0];
    delete schema.examples;
  }
}
