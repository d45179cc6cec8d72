/**
 * Bodies that no provider should send: fields gone, of another type, huge, or with the names of JavaScript's own.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBody } from '../../src/model/body.ts';
import { type Fact, NotUnderstood } from '../../src/model/facts.ts';
import { parseCanonical } from '../../src/providers/canonical.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { secretFor } from '../support/sign.ts';
import { fixturesOf, sourceOf } from './fixtures.ts';

const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  2 ** 53,
  -(2 ** 53),
  Number.MIN_VALUE,
  '',
  ' ',
  '0',
  '-1',
  '1e3',
  '99999999999999999999',
  'NaN',
  '0001-01-01T00:00:00Z',
  '9999-99-99T99:99:99Z',
  'nul\0nul',
  '\ud800',
  'x'.repeat(5000),
  '__proto__',
  [],
  [null],
  [[]],
  [{}],
  {},
  { __proto__: null },
  JSON.parse('{"__proto__":{"id":"evil","amount":1}}'),
  { id: {} },
  { id: 5 },
  { data: null },
  { data: [null, 1, 'a', { amount: -1 }] },
  { amount: '1' },
  { hasOwnProperty: 1, toString: 2 },
];
const oddValue = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 2 }));

type Path = readonly (string | number)[];

describe.each([...PROVIDERS.values()])('a $kind source', (provider) => {
  const fixtures = fixturesOf(provider.kind);

  test('makes facts or a named complaint of any body, and nothing else', () => {
    const change = fc.record({ where: fc.nat(), remove: fc.boolean(), value: oddValue });
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        ({ raw, type, source }, changes) => {
          let body = parseBody(raw.toString());
          for (const { where, remove, value } of changes) {
            const paths = pathsIn(body);
            const path = paths[where % paths.length] ?? [];
            body = changed(body, path, remove ? undefined : value);
          }
          for (const fact of factsOf(body, type, source)) expect(problemWith(fact)).toBeUndefined();
        },
      ),
      { numRuns: 3000, seed: 20260501 },
    );
  });

  test('takes a whole body of any JSON for any of its types', () => {
    fc.assert(
      fc.property(oddValue, fc.constantFrom(...provider.handles, 'constructor', '__proto__', ''), (body, type) => {
        for (const fact of factsOf(body, type)) expect(problemWith(fact)).toBeUndefined();
      }),
      { numRuns: 1000, seed: 20260501 },
    );
    expect(({} as Record<string, unknown>).id).toBeUndefined();
  });

  test('reads any headers without throwing', () => {
    const names = [
      'stripe-signature',
      'paddle-signature',
      'svix-id',
      'svix-timestamp',
      'svix-signature',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
      'workos-signature',
      'logto-signature-sha-256',
      'x-signature',
      'authorization',
    ];
    const value = fc.oneof(
      fc.string(),
      fc.array(fc.string()),
      fc.constantFrom(
        't=1,v1=',
        't=1777636800000, v1=',
        'ts=1;h1=',
        'v1,',
        '1777636800',
        'sha256=',
        'Bearer ',
        'Bearer',
      ),
      fc.constant(undefined),
    );
    const source = sourceOf(provider, [secretFor(provider.kind, 'any')]);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), fc.uint8Array(), (headers, bytes) => {
        expect(provider.verify({ raw: Buffer.from(bytes), headers }, source, new Date(1777636800000)).ok).toBe(false);
      }),
      { numRuns: 1000, seed: 20260501 },
    );
  });

  function factsOf(body: unknown, type: string, otherwise = {}): readonly Fact[] {
    try {
      const { facts, ignored } = provider.normalize(body, { type, eventId: 'e' }, sourceOf(provider, [], otherwise));
      expect(facts.length === 0).toBe(ignored !== undefined);
      return facts;
    } catch (error) {
      if (error instanceof NotUnderstood) return [];
      throw error;
    }
  }
});

test('a canonical event is understood, unknown, or wrong in a field that is named', () => {
  expect(parseCanonical({ type: 'member.deleted', data: { member_id: 'm' } })).toMatchObject({ ok: true });
  expect(parseCanonical({ type: 'member.moved', data: {} })).toMatchObject({ ok: false, unknownType: true });
  expect(parseCanonical({ type: 'member.deleted', data: {} })).toMatchObject({
    ok: false,
    unknownType: false,
    field: 'data.member_id',
  });
  for (const input of [null, [], 'text', {}, { type: 7 }, { type: '__proto__' }])
    expect(parseCanonical(input)).toMatchObject({ ok: false, field: 'type' });
});

/** What the ledger could not take: a negative or inexact amount, more tax than money, a nameless object, no real time. */
function problemWith(fact: Fact): string | undefined {
  const text = JSON.stringify(fact, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  if (text.includes('\\u0000')) return 'holds a NUL, which PostgreSQL refuses';
  if ('objects' in fact && fact.objects.some(({ id }) => id === '')) return 'has an object without a name';
  if ('objects' in fact && fact.objects.length === 0) return 'names no object';
  if (fact.fact === 'refund' || fact.fact === 'dispute')
    return fact.amount < 0n || (fact.tax ?? 0n) > fact.amount ? 'bad amount' : undefined;
  if (fact.fact !== 'payment') return undefined;
  if (fact.gross < 0n || fact.tax < 0n || fact.tax > fact.gross || fact.gross > 2n ** 53n) return 'bad amount';
  if (Number.isNaN(fact.paidAt.getTime()) || fact.paidAt.getTime() <= 0) return 'bad time';
  return /^[a-z]{3}$/.test(fact.currency) ? undefined : 'bad currency';
}

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsIn(part, [...path, key]))];
}

function changed(body: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof body !== 'object' || body === null) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(body) ? [...body] : { ...body };
  const part = changed(Reflect.get(copy, key), rest, value);
  if (part === undefined && rest.length === 0) Reflect.deleteProperty(copy, key);
  else Object.defineProperty(copy, key, { value: part, enumerable: true, configurable: true, writable: true });
  return copy;
}
