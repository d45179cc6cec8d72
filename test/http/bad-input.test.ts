// Bad input, for every route that reads a body or a query: made of the document, so that a new route is in here by
// itself. Whatever does not fit is refused by a problem document that names the field and the reason.
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JsonSchema, resolve } from '../../src/http/openapi/model.ts';
import { misfit } from '../support/document.ts';
import { type HttpTest, startHttp } from '../support/http.ts';
import { type Caller, callerOf, document, filled, type Listed, operations, POLYGLOT } from '../support/operations.ts';

let http: HttpTest;
let caller: Caller;
beforeAll(async () => {
  http = await startHttp({}, {}, { polyglot: POLYGLOT });
  caller = await callerOf(http);
});
afterAll(() => http.close());

const JSON_BODY = 'application/json';
const withBody = operations.filter(({ operation }) => operation.requestBody?.content[JSON_BODY]);
const queries = operations.flatMap((each) =>
  (each.operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => ({ ...each, one })),
);

function call({ method, path, operation }: Listed) {
  const sent = request(http.app)[method as 'post'](filled(path, operation.parameters));
  return sent.set(caller.headersFor(operation));
}

/** What was wrong, as the problem document says it. */
function told(answer: Response): { status: number; type: string; fields: string[]; reasons: boolean } {
  const errors: { field: unknown; reason: unknown }[] = answer.body.errors ?? [];
  return {
    status: answer.status,
    type: answer.type,
    fields: errors.map(({ field }) => String(field)),
    reasons: errors.every(({ reason }) => typeof reason === 'string' && reason.length > 0),
  };
}

function expectField(answer: Response, field: string, what: string): void {
  const { fields, ...rest } = told(answer);
  expect([what, rest]).toEqual([what, { status: 422, type: 'application/problem+json', reasons: true }]);
  const named = fields.some((name) => name === field || name.startsWith(`${field}.`));
  expect([what, fields, named]).toEqual([what, fields, true]);
  expect([what, String(answer.body.detail).length > 0]).toEqual([what, true]);
}

const NOT_JSON = '{"a":';
/** Tried for each field; those that the document lets through are left out. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 60,
  '',
  '\0',
  'no such thing',
  'x'.repeat(70_000),
  [],
  {},
  [null],
];

test('every route that reads JSON is looked at, and every query', () => {
  expect(withBody.length).toBeGreaterThan(15);
  expect(queries.length).toBeGreaterThan(30);
});

describe.each(withBody.map((each) => [`${each.method} ${each.path}`, each] as const))('%s', (_name, each) => {
  const { method, path, operation } = each;
  const pointer = ['paths', path, method, 'requestBody', 'content', JSON_BODY, 'schema'];
  const media = operation.requestBody?.content[JSON_BODY];
  const whole = resolve<JsonSchema>(document, media?.schema ?? {});
  const example = (media?.example ?? {}) as Record<string, unknown>;

  test('what is no JSON, no object or of another type is a problem document', async () => {
    const broken = await call(each).set('Content-Type', JSON_BODY).send(NOT_JSON);
    expect([broken.status, broken.body.code]).toEqual([400, 'not_parseable']);
    const other = await call(each).set('Content-Type', 'text/plain').send('hello');
    const isBeacon = operation.requestBody?.content['text/plain'] !== undefined;
    const refusal = isBeacon ? [400, 'not_parseable'] : [415, 'unsupported_media_type'];
    expect([other.status, other.body.code]).toEqual(refusal);
    for (const value of ['"text"', '7', 'null', '[7]']) {
      const answer = await call(each).set('Content-Type', JSON_BODY).send(value);
      const { status, type } = told(answer);
      expect([value, [400, 422].includes(status), type]).toEqual([value, true, 'application/problem+json']);
    }
  });

  test('a field that is missing is named, with the reason', async () => {
    for (const name of whole.required ?? []) {
      const { [name]: _gone, ...rest } = example;
      expectField(await call(each).send(rest), name, `without ${name}`);
    }
  });

  test('a field that is wrong is named, with the reason', async () => {
    for (const name of Object.keys(whole.properties ?? {})) {
      const wrong = STRANGE.filter((value) => misfit(pointer, { ...example, [name]: value }) !== undefined);
      expect([name, wrong.length > 0]).toEqual([name, true]);
      for (const value of wrong) {
        const what = `${name}: ${JSON.stringify(value).slice(0, 40)}`;
        expectField(await call(each).send({ ...example, [name]: value }), name, what);
      }
    }
  });
});

test('what is missing, too much or of another type is told in plain words', async () => {
  const reasonsOf = async (path: string, body: object) =>
    (await http.admin('post', path).send(body)).body.errors.map((e: { field: string; reason: string }) =>
      Object.values(e),
    );
  expect(await reasonsOf('/rewards/rw_1/reject', {})).toEqual([['reason', 'is missing']]);
  expect(await reasonsOf('/rewards/bulk', { action: 'pay', reason: 'x' })).toEqual([
    ['action', 'must be one of approve, reject, reverse'],
  ]);
  expect(await reasonsOf('/programs/claudexia/keys', { name: 7, scopes: [] })).toEqual([
    ['name', 'must be text'],
    ['scopes', 'must have at least 1 entry'],
  ]);
  const visit = await request(http.app).post('/p/claudexia/v1/visits').send({});
  expect(visit.body.detail).toBe('kind: must be one of click, claim');
  const { detail } = (await http.admin('get', '/rewards?limit=0')).body;
  expect(detail).toBe('limit: must be a whole number of at least 1');
});

const member_id = 'mia';
const payment_id = 'pay_1';
const currency = 'usd';
const EVENTS: Readonly<Record<string, object>> = {
  'member.created': { member_id, email: 'mia@example.com' },
  'member.updated': { member_id },
  'member.deleted': { member_id },
  'payment.succeeded': { payment_id, member_id, amount: 100, currency, paid_at: '2026-05-01T00:00:00Z' },
  'payment.refunded': { refund_id: 're_1', payment_id, amount: 100 },
  'payment.disputed': { dispute_id: 'dp_1', payment_id, amount: 100, status: 'open' },
  'usage.recorded': { usage_id: 'use_1', member_id },
};

describe.each(Object.entries(EVENTS))('an event %s', (type, data) => {
  const component = type.replace(/(^|\.)(\w)/g, (_match, _dot, letter: string) => letter.toUpperCase());
  const pointer = ['components', 'schemas', component];
  const schema = resolve<JsonSchema>(document, document.components.schemas[component]?.properties?.data ?? {});
  const good = { type: 'usage.recorded', data: EVENTS['usage.recorded'] };
  const send = (event: object) =>
    request(http.app)
      .post('/p/polyglot/v1/events')
      .set('Authorization', caller.headersFor(eventsOf()).Authorization ?? '')
      .send({ events: [good, event] });

  test('with a field that is missing or wrong is named by its place, field and reason', async () => {
    const event = { type, data };
    expect(misfit(pointer, event)).toBeUndefined();
    const missing = Object.keys(data).filter((name) => schema.required?.includes(name));
    const wrong = Object.keys(schema.properties ?? {}).flatMap((name) =>
      STRANGE.map((value) => [name, { ...event, data: { ...data, [name]: value } }] as const),
    );
    const gone = missing.map((name) => [name, { ...event, data: { ...data, [name]: undefined } }] as const);
    const bad = [...gone, ...wrong].filter(([, each]) => misfit(pointer, JSON.parse(JSON.stringify(each))));
    expect(bad.length).toBeGreaterThan(5);
    for (const [name, each] of bad) {
      const { status, body } = await send(each);
      expect([name, status, body.code, body.errors]).toEqual([
        name,
        422,
        'invalid_events',
        [{ index: 1, field: expect.stringMatching(`^data\\.${name}(\\.|$)`), reason: expect.stringMatching(/./) }],
      ]);
    }
  });
});

function eventsOf() {
  const found = operations.find(({ path }) => path.endsWith('/v1/events'));
  if (!found) throw new Error('there is no route for events');
  return found.operation;
}

/** Values that a parameter cannot have; none for what is any text. */
function strangeFor({ name, schema }: (typeof queries)[number]['one']): string[] {
  if (name === 'cursor') return ['nonsense'];
  const { type, minimum, maximum, enum: words, format, anyOf, pattern } = resolve<JsonSchema>(document, schema);
  const number = type === 'integer' || type === 'number';
  return [
    ...(number ? ['many', '1.5'] : []),
    ...(number && minimum !== undefined ? [String(minimum - 1)] : []),
    ...(number && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? [String(maximum + 1)] : []),
    ...(type === 'string' && !words && name !== 'program' ? ['a\0b'] : []),
    ...(words || format || anyOf || pattern || type === 'boolean' ? ['no such thing'] : []),
  ];
}

test.each(queries.map((each) => [`${each.method} ${each.path}?${each.one.name}`, each] as const))(
  '%s: a value that is wrong is named, with the reason',
  async (_name, { one, ...each }) => {
    for (const value of strangeFor(one)) {
      const answer = await call(each).query({ [one.name]: value });
      expectField(answer, one.name, `${one.name}=${value}`);
    }
  },
);
