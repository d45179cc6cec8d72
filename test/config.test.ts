// The environment: what is refused and in which words, what .env.example lists, and how secrets are made and kept.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, ENVIRONMENT, readEnv } from '../src/config/env.ts';
import { adminToken, parseSecretKey, secretFile, secretKeys } from '../src/config/secrets.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64');
const EXTERNAL = { DATABASE_URL: 'postgres://app@db/plusone', SECRET_KEY: `1:${KEY}` };

describe('the environment', () => {
  test('may be empty', () => {
    expect(readEnv({})).toMatchObject({
      port: 8080,
      publicUrl: 'http://localhost:8080',
      databasePrepared: true,
      dataDir: path.resolve('.data'),
      trustProxy: false,
      egressAllow: [],
      testClock: false,
    });
  });

  test.each([
    [{ PORT: 'http' }, 'PORT must be a port number'],
    [{ PORT: '70000' }, 'PORT must be a port number'],
    [{ PUBLIC_URL: 'ref.example.com' }, 'PUBLIC_URL must be an http(s) origin'],
    [{ PUBLIC_URL: 'https://ref.example.com/path' }, 'PUBLIC_URL must be an http(s) origin'],
    [{ DATABASE_URL: 'mysql://db/plusone' }, 'DATABASE_URL must be a postgres:// URL'],
    [{ DATABASE_URL: 'postgres://db/plusone' }, 'SECRET_KEY is missing'],
    [{ DATABASE_DIRECT_URL: 'postgres://db/plusone' }, 'DATABASE_URL is missing'],
    [{ ...EXTERNAL, DATABASE_PREPARED: 'no' }, 'DATABASE_PREPARED must be 0 or 1'],
    [{ ...EXTERNAL, SECRET_KEY: 'too short' }, 'SECRET_KEY is too short'],
    [{ ADMIN_TOKEN: 'short' }, 'ADMIN_TOKEN must be at least 8 characters'],
    [{ TRUST_PROXY: 'true' }, 'TRUST_PROXY must be a number of proxies or a CIDR list'],
    [{ TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY must be a number of proxies or a CIDR list'],
    [{ EGRESS_ALLOW: 'internal.example.com' }, 'EGRESS_ALLOW must be a CIDR list'],
    [
      { SMTP_URL: 'mail.example.com' },
      'SMTP_URL must be an smtp:// or smtps:// URL, as smtps://user:password@mail.example.com',
    ],
    [{ SMTP_URL: 'smtp://' }, 'SMTP_URL must be an smtp:// or smtps:// URL, as smtps://user:password@mail.example.com'],
    [{ SMTP_URL: 'smtp://me@mail.example.com' }, 'SMTP_URL must have both a user and a password, or neither'],
    [{ SMTP_URL: 'smtp://me:50%@mail.example.com' }, 'SMTP_URL has a user or password that is not percent-encoded'],
    [{ SMTP_URL: 'smtp://mail.example.com/?x=1' }, 'SMTP_URL must end with the host or the port; there are no options'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of'],
    [{ TEST_CLOCK: '1', NODE_ENV: 'production' }, 'TEST_CLOCK must not be 1'],
  ])('%o is refused in one line', (given, message) => {
    const read = () => readEnv(given as Record<string, string>);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
    expect(read).not.toThrow('\n');
  });

  test.each([
    ['0', false],
    ['2', 2],
    ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1/128']],
  ])('TRUST_PROXY=%s is read', (given, expected) => {
    expect(readEnv({ TRUST_PROXY: given }).trustProxy).toEqual(expected);
  });

  test('treats an empty variable as unset, and keeps the rest for program files', () => {
    const env = readEnv({ PORT: ' ', SMTP_URL: '', BILLING_URL: 'https://billing.example.com' });
    expect(env).toMatchObject({ port: 8080, raw: { BILLING_URL: 'https://billing.example.com' } });
    expect(env.smtp).toBeUndefined();
  });

  test('never repeats a secret in its message', () => {
    expect(() => readEnv({ ...EXTERNAL, SECRET_KEY: '1:c2VjcmV0' })).not.toThrow('c2VjcmV0');
  });

  test('is listed whole in .env.example', () => {
    const listed = [...readFileSync('.env.example', 'utf8').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(ENVIRONMENT.map(({ name }) => name).sort());
    expect(ENVIRONMENT.filter(({ description }) => description === '')).toEqual([]);
  });
});

describe('SECRET_KEY', () => {
  const parse = (text: string) => {
    const parsed = parseSecretKey(text);
    if ('problem' in parsed) throw new Error(parsed.problem);
    return parsed;
  };

  test('gives each purpose a key of its own, always the same', () => {
    const keys = parse(`1:${KEY}`);
    expect(keys.deriveKey('email')).toHaveLength(32);
    expect(keys.deriveKey('email')).toEqual(parse(`1:${KEY}`).deriveKey('email'));
    expect(keys.deriveKey('email')).not.toEqual(keys.deriveKey('session'));
  });

  test('is rotated by adding a version: new values use the highest, old ones stay readable', () => {
    const [before, after] = [parse(`1:${KEY}`), parse(`1:${KEY}, 2:${OTHER_KEY}`)];
    expect([after.current, after.versions]).toEqual([2, [2, 1]]);
    expect(after.deriveKey('email', 1)).toEqual(before.deriveKey('email'));
    expect(after.deriveKey('email')).not.toEqual(before.deriveKey('email'));
    expect(() => before.deriveKey('email', 2)).toThrow('no version 2');
  });

  test('may be a bare string, which is version 1', () => {
    expect(parse('a'.repeat(32)).versions).toEqual([1]);
  });

  test.each([
    [`1:${KEY},1:${OTHER_KEY}`, 'twice'],
    ['1:c2hvcnQ=', 'too short'],
    ['0:AAAA', 'must be <version>:<base64>'],
    ['1:not base64!', 'must be <version>:<base64>'],
    [`1:${KEY},${OTHER_KEY}`, 'must be <version>:<base64>'],
  ])('%s is refused', (text, problem) => {
    expect(parseSecretKey(text)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('secret files', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'plusone-secrets-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  test('are made once, for the owner alone', () => {
    const first = secretFile(dataDir, 'a', () => 'one');
    const second = secretFile(dataDir, 'a', () => 'two');
    expect([first, second]).toEqual(['one', 'one']);
    expect(statSync(path.join(dataDir, 'a')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['a']);
  });

  test('that were emptied stop the start instead of being replaced', () => {
    writeFileSync(path.join(dataDir, 'a'), '');
    chmodSync(path.join(dataDir, 'a'), 0o600);
    expect(() => secretFile(dataDir, 'a', () => 'two')).toThrow('is empty');
  });

  test('hold the admin token, unless ADMIN_TOKEN gives it', () => {
    const made = adminToken({ dataDir });
    expect(made).toMatchObject({ fresh: true, file: path.join(dataDir, 'admin-token') });
    expect(adminToken({ dataDir })).toEqual({ ...made, fresh: false });
    expect(adminToken({ dataDir, adminToken: 'from-the-environment' })).toEqual({
      token: 'from-the-environment',
      fresh: false,
    });
  });

  test('hold the generated SECRET_KEY', () => {
    const key = secretKeys({ dataDir }).deriveKey('email');
    expect(secretKeys({ dataDir }).deriveKey('email')).toEqual(key);
    expect(secretKeys({ dataDir, secretKey: `1:${KEY}` }).deriveKey('email')).not.toEqual(key);
  });
});
