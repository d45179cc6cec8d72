// GET /plusone.js: small, cacheable, and the program's own.
import { createHash } from 'node:crypto';
import vm from 'node:vm';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { matchEmail } from '../../src/model/email.ts';
import { hashOf } from '../../src/web/snippet/forms.js';
import { sha256 } from '../../src/web/snippet/sha256.js';
import { TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

const get = (encoding: string, headers: Record<string, string> = {}) =>
  request(service.app)
    .get('/p/claudexia/plusone.js')
    .set({ 'Accept-Encoding': encoding, ...headers })
    .buffer(true)
    .parse((res, done) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks)));
    });

test('it is less than 5 KB as it goes over the wire, and is a script', async () => {
  const [plain, zipped, brotli] = [await get('identity'), await get('gzip'), await get('gzip, br')];
  expect(Number(zipped.headers['content-length'])).toBeLessThan(5 * 1024);
  expect(Number(brotli.headers['content-length'])).toBeLessThan(5 * 1024);
  expect(brotli.headers['content-encoding']).toBe('br');
  expect(plain.headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(() => new vm.Script(String(plain.body))).not.toThrow();
  expect(String(plain.body)).not.toMatch(/^\s*(\/\*|\/\/|import|export)/m);
});

test('whatever the encoding, it is the same script', async () => {
  const plain = String((await get('identity')).body);
  const [zipped, brotli] = [await get('gzip'), await get('br')];
  const body = (answer: { body: unknown }) => answer.body as Buffer;
  // supertest undoes gzip by itself
  expect(body(zipped)[0] === 0x1f ? gunzipSync(body(zipped)).toString() : String(body(zipped))).toBe(plain);
  expect(body(brotli)[0] === 0x28 ? String(body(brotli)) : brotliDecompressSync(body(brotli)).toString()).toBe(plain);
});

test('browsers may keep it, ask whether it has changed, and load it from another site', async () => {
  const first = await get('gzip');
  expect(first.headers['cache-control']).toBe('public, max-age=3600, stale-while-revalidate=86400');
  expect(first.headers['cross-origin-resource-policy']).toBe('cross-origin');
  const again = await get('gzip', { 'If-None-Match': first.headers.etag as string });
  expect(again.status).toBe(304);
});

test('it asks nobody but us, and nothing of its own is in it but the program’s settings', async () => {
  const text = String((await get('identity')).body);
  expect(text.match(/https?:\/\/[^"'`\s]+/g)).toEqual(['https://buy.stripe.com/']);
  expect(text).toContain('"program":"claudexia","parameter":"ref","days":400,"touch":"last"');
});

test('its SHA-256 is everybody’s', () => {
  const texts = ['', 'abc', 'a'.repeat(55), 'a'.repeat(56), 'a'.repeat(64), 'ü@example.com'.repeat(40)];
  for (const text of texts) expect(sha256(text)).toBe(createHash('sha256').update(text).digest('base64url'));
});

test('it matches addresses as the server does', () => {
  const addresses = [
    ' Bob@Work.example ',
    'bob+tag@work.example',
    'b.o.b+x@googlemail.com',
    '+bob@work.example',
    '+a+b@work.example',
    'ü@a.de',
  ];
  for (const address of addresses) {
    const matched = matchEmail(address)?.address;
    expect([address, hashOf('key', address)]).toEqual([address, matched && sha256(`key${matched}`)]);
  }
  expect(hashOf('key', 'nobody')).toBeUndefined();
});
