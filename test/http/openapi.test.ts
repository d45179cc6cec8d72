// The document: that it is OpenAPI, that it has every mounted route and no other, that what it says is what is read,
// and that it is served. That answers fit it, every test that sees one proves (support/document.ts).
import { createHash } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Express } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Document, Operation } from '../../src/http/openapi/model.ts';
import { documentOffline } from '../../src/http/openapi/offline.ts';
import { misfit } from '../support/document.ts';
import { HOST, type HttpTest, startHttp } from '../support/http.ts';
import { type Caller, callerOf, document, filled, operations, POLYGLOT } from '../support/operations.ts';

const older = documentOffline({ server: 'https://plusone.test', version: '3.0' });

describe('the document', () => {
  test.each([
    ['3.1', document],
    ['3.0', older],
  ] as const)('is OpenAPI %s by the official schema, and all its references resolve', async (version, each) => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(each) as unknown as Record<string, unknown>)).toMatchObject({
      valid: true,
    });
    expect(validator.version).toBe(version);
    const pointers = new Set([...JSON.stringify(each).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, at = '']) => at));
    expect([...pointers].filter((at) => at.split('/').reduce<unknown>(step, each) === undefined)).toEqual([]);
  });

  test('as 3.0 says nothing that only 3.1 knows', () => {
    expect(JSON.stringify(older)).not.toMatch(
      /"const":|"type":\[|"type":"null"|"propertyNames"|"\$defs"|"examples":\[/,
    );
    expect(Object.keys(older.paths)).toEqual(Object.keys(document.paths));
    expect(Object.keys(older.components.schemas)).toEqual(Object.keys(document.components.schemas));
    expect(older.components.schemas.Reward?.properties?.reason).toEqual({ type: 'string', nullable: true });
  });

  test('is the same whenever it is made', () => {
    expect(JSON.stringify(documentOffline({ server: 'https://plusone.test' }))).toBe(JSON.stringify(document));
  });

  test('uses each of its components', () => {
    const text = JSON.stringify(document);
    for (const kind of ['schemas', 'responses', 'examples'] as const) {
      const names = Object.keys(document.components[kind]);
      expect(names.filter((name) => !text.includes(`"#/components/${kind}/${name}"`))).toEqual([]);
    }
  });

  test('gives examples that fit', () => {
    const wrong = operations.flatMap(({ method, path, operation }) => {
      const places: [string[], unknown][] = [];
      const body = operation.requestBody?.content['application/json'];
      if (body) places.push([['requestBody', 'content', 'application/json', 'schema'], body.example]);
      for (const [status, answered] of Object.entries(operation.responses)) {
        const media = 'content' in answered ? answered.content['application/json'] : undefined;
        if (media) places.push([['responses', status, 'content', 'application/json', 'schema'], media.example]);
      }
      return places.flatMap(([at, example]) => {
        const why = misfit(['paths', path, method, ...at], example);
        return why ? [`${method} ${path} ${at[0]}: ${why}`] : [];
      });
    });
    expect(wrong).toEqual([]);
  });

  test('names what the client calls: every operation of members and servers', () => {
    const unnamed = operations
      .filter(({ operation }) => operation.tags.some((tag) => ['Members', 'Server'].includes(tag)))
      .filter(({ operation }) => !/^[a-z]\w*\.[a-z]\w*$/i.test(operation.operationId))
      .map(({ method, path }) => `${method} ${path}: give its route an \`operation\``);
    expect(unnamed).toEqual([]);
  });
});

function step(at: unknown, key: string): unknown {
  return (at as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')];
}

describe('served', () => {
  let http: HttpTest;
  let caller: Caller;
  beforeAll(async () => {
    http = await startHttp({}, {}, { polyglot: POLYGLOT });
    caller = await callerOf(http);
  });
  afterAll(() => http.close());

  test('every mounted route is in the document, and the document has none that is not mounted', () => {
    const mounted = mountedRoutes(http.app);
    const known = operations.map(({ method, path }) => `${method} ${path}`);
    expect([...mounted].filter((each) => !known.includes(each))).toEqual([]);
    expect(known.filter((each) => !mounted.has(each))).toEqual([]);
    expect(known.length).toBeGreaterThan(45);
  });

  test('what a route says that it asks is what it reads', async () => {
    const strict = operations.filter(({ operation }) => isStrict(operation));
    for (const { method, path, operation } of strict) {
      const url = filled(path, operation.parameters);
      const sent = request(http.app)[method as 'post'](url).set(caller.headersFor(operation));
      const asksBody = operation.requestBody !== undefined;
      const answer = await (asksBody ? sent.send({ never_heard_of: 1 }) : sent.query({ never_heard_of: 1 }));
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 422, 'invalid_request']);
      expect(JSON.stringify(answer.body.errors)).toContain('never_heard_of');
    }
    expect(strict.length).toBeGreaterThan(15);
  });

  function isStrict({ requestBody, parameters = [] }: Operation): boolean {
    const schema = requestBody?.content['application/json']?.schema;
    if (!schema) return requestBody === undefined && parameters.some((each) => each.in === 'query' && !each.required);
    const whole = schema.$ref ? document.components.schemas[schema.$ref.slice('#/components/schemas/'.length)] : schema;
    return whole?.additionalProperties === false;
  }

  test('at /openapi.json, whole, and not again to whom has it', async () => {
    const first = await request(http.app).get('/openapi.json');
    expect(first.status).toBe(200);
    expect(first.body).toEqual({ ...document, servers: [{ url: 'https://plusone.test' }] });
    const again = await request(http.app).get('/openapi.json').set('If-None-Match', String(first.headers.etag));
    expect([again.status, again.text]).toEqual([304, '']);
  });

  test('on a program’s host tells of that program’s API only, where it stands there', async () => {
    const { body } = (await request(http.app).get('/openapi.json').set('Host', HOST)) as { body: Document };
    expect(body.servers).toEqual([{ url: `https://${HOST}` }]);
    const paths = Object.keys(body.paths);
    expect(paths).toContain('/v1/me');
    expect(paths.filter((path) => path.startsWith('/admin') || path.startsWith('/p/'))).toEqual([]);
    const page = await request(http.app).get('/docs').set('Host', HOST);
    expect(page.text).not.toContain('/admin/v1/');
  });

  test('at /docs as a page that has every operation and loads nothing', async () => {
    const { status, text, headers } = await request(http.app).get('/docs');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const missing = operations.filter(
      ({ operation }) => !text.includes(`id="${operation.operationId.replace('.', '-')}"`),
    );
    expect(missing).toEqual([]);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const [, tag, code = ''] of text.matchAll(/<(style|script)>(.*?)<\/\1>/gs)) {
      expect([tag, policy.includes(createHash('sha256').update(code).digest('base64'))]).toEqual([tag, true]);
    }
    expect(text.match(/\s(?:src|style|on\w+)=|@import|<link(?! rel="icon" href="data:,")/g)).toBeNull();
  });
});

type Layer = {
  /** Where a router was mounted. */
  readonly rawPath: string;
  readonly route?: { readonly path: string; readonly stack: readonly { readonly method?: string }[] };
  readonly handle: { readonly stack?: readonly Layer[] };
};

/** `method path`, as the document writes them, of every route in Express's own stack. */
function mountedRoutes(app: Express): Set<string> {
  const found = new Set<string>();
  const walk = (layers: readonly Layer[], prefix: string): void => {
    for (const { route, handle, rawPath } of layers) {
      const path = `${prefix}${route?.path ?? ''}`.replace(/:(\w+)/g, '{$1}');
      for (const { method } of route?.stack ?? []) if (method) found.add(`${method} ${path}`);
      if (handle.stack) walk(handle.stack, `${prefix}${rawPath === '/' ? '' : rawPath}`);
    }
  };
  walk((app.router as unknown as { stack: Layer[] }).stack, '');
  return found;
}
