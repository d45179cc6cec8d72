// The vocabulary itself: every key says what it means, and editors get what the loader accepts.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { exampleSecrets } from '../../src/config/program-examples.ts';
import { parseDuration } from '../../src/config/program-scalars.ts';
import { programJsonSchema } from '../../src/config/program-schema.ts';
import { PROVIDERS } from '../../src/providers/index.ts';

type Schema = {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string;
};

function undescribed(schema: Schema, at: string): string[] {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    ...(inner.description ? [] : [`${at}.${key}`]),
    ...undescribed(inner, `${at}.${key}`),
  ]);
  const inner = [
    schema.items,
    schema.additionalProperties || undefined,
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  return [...properties, ...inner.flatMap((one) => (one ? undescribed(one, at) : []))];
}

function open(schema: Schema, at: string): string[] {
  const here = schema.type === 'object' && schema.additionalProperties === undefined ? [at] : [];
  const inner = [
    schema.items,
    schema.additionalProperties || undefined,
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  return [
    ...here,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, one]) => open(one, `${at}.${key}`)),
    ...inner.flatMap((one) => (one ? open(one, at) : [])),
  ];
}

describe('the JSON Schema', () => {
  const schema = programJsonSchema() as Schema & { readonly required: readonly string[] };

  test('asks for the six keys that have no default', () => {
    expect(schema.required).toEqual(['program', 'name', 'product', 'unit', 'sources', 'rewards']);
  });

  test('says of every key what it means', () => {
    expect(undescribed(schema, 'program file')).toEqual([]);
  });

  test('lets no place have keys of any name', () => {
    expect(open(schema, 'program file')).toEqual([]);
  });
});

test.each([
  ['30m', 30 * 60_000],
  ['24h', 86_400_000],
  ['7d', 7 * 86_400_000],
  ['2w', 14 * 86_400_000],
  ['1y', 365 * 86_400_000],
  ['90s', 90_000],
  ['100y', 100 * 365 * 86_400_000],
  ['101y', undefined],
  ['1.5h', undefined],
  ['-1d', undefined],
  ['1 d', undefined],
  ['1D', undefined],
  ['', undefined],
])('the duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['stripe', 'paddle', 'clerk', 'standard'])('a secret that is made for %s is one that it takes', (kind) => {
  const { missing } = exampleSecrets(mkdtempSync(path.join(tmpdir(), 'plusone-secrets-')));
  const made = missing({ name: 'SECRET', usedFor: 'secret', scheme: kind });
  expect(made && 'value' in made && PROVIDERS.get(kind)?.refuseSecret(made.value)).toBeUndefined();
});

test('an API key cannot be made up', () => {
  const { missing } = exampleSecrets(tmpdir());
  expect(missing({ name: 'KEY', usedFor: 'api_key', scheme: 'stripe' })).toBeUndefined();
});
