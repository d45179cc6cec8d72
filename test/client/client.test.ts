// The client as it is shipped, against a service that listens; and that what is shipped is what the document makes.
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Plusone, PlusoneError } from 'plusone/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_FILE, apiText, DIST, shipped } from '../../scripts/client/make.ts';
import { type HttpTest, startHttp } from '../support/http.ts';
import { tokenFor } from '../support/member.ts';

describe('what is shipped', () => {
  test('is what the document makes: run `npm run client` and commit', () => {
    expect(readFileSync(API_FILE, 'utf8')).toBe(apiText());
    const committed = readdirSync(DIST).map((name) => [name, readFileSync(path.join(DIST, name), 'utf8')]);
    expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(shipped()));
  }, 60_000);

  test('needs no package and nothing of Node', () => {
    const imports = readdirSync(DIST)
      .filter((name) => name.endsWith('.js'))
      .flatMap((name) => [...readFileSync(path.join(DIST, name), 'utf8').matchAll(/from ['"]([^'"]+)['"]/g)])
      .map(([, from]) => from);
    expect(imports.filter((from) => !/^\.\/\w+\.js$/.test(from ?? ''))).toEqual([]);
    expect(imports.length).toBeGreaterThan(1);
  });
});

describe('the client', () => {
  let site: HttpTest;
  let server: http.Server;
  let baseUrl: string;
  let shop: Plusone;
  beforeAll(async () => {
    site = await startHttp();
    server = http.createServer(site.app).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const serverKey = await site.serverKey(['events:write', 'members:read', 'members:write']);
    shop = new Plusone({ baseUrl, program: 'claudexia', serverKey });
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await site.close();
  });

  const memberOf = async (sub: string) =>
    new Plusone({ baseUrl: `${baseUrl}/`, program: 'claudexia', token: await tokenFor(sub) });
  const WAIT = { headers: { Prefer: 'wait' } };

  test('runs a program: a link, a signup by it, payments, rewards page by page', async () => {
    const alice = await memberOf('alice');
    const link = await alice.referral.create({ channel: 'newsletter', campaign: 'launch-week-2026' });
    expect(link).toMatchObject({ channel: 'newsletter', campaign: 'launch-week-2026', uses: 0 });
    expect(new URL(link.url).searchParams.get('ref')).toBe(link.code);

    const signup = { member_id: 'bob', email: 'bob@work.example', referral_code: link.code };
    await shop.events.send({ type: 'member.created', data: signup }, WAIT);
    const payments = [1, 2, 3].map((n) => ({
      id: `paid-${n}`,
      type: 'payment.succeeded' as const,
      data: { payment_id: `pay_${n}`, member_id: 'bob', amount: 1000 * n, currency: 'usd' },
    }));
    expect(await shop.events.send(payments, WAIT)).toEqual({ received: true, duplicate: false, events: 3 });

    const first = await alice.rewards.list({ limit: 2 });
    expect(first.data).toHaveLength(2);
    expect(first.next_cursor).not.toBeNull();
    const amounts: number[] = [];
    for await (const reward of alice.rewards.list({ limit: 2 })) amounts.push(reward.amount);
    expect(amounts.sort((a, b) => a - b)).toEqual([50, 100, 150]);

    const me = await alice.referral.me();
    expect(me).toMatchObject({ member_id: 'alice', balance: 300, totals: { signups: 1, active: 1 } });
    expect((await shop.actingFor('alice').referral.me()).balance).toBe(300);
    expect(await alice.codes.lookup(link.code)).toMatchObject({ valid: true, code: link.code });
    expect(await alice.referral.qrSvg()).toContain('<svg');
    expect((await alice.referral.qrPng({ size: 128 })).type).toBe('image/png');
  });

  test('tells a refusal by its code, with the fields that are wrong', async () => {
    const carl = await memberOf('carl');
    const unknown = await carl.referral.claim({ code: 'NOSUCH' }).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(PlusoneError);
    expect(unknown).toMatchObject({ name: 'PlusoneError', status: 404, code: 'unknown_code' });
    const wrong = shop.events.send([{ type: 'usage.recorded', data: { usage_id: 'u', member_id: '' } }]);
    await expect(wrong).rejects.toMatchObject({
      code: 'invalid_events',
      errors: [expect.objectContaining({ index: 0, field: 'data.member_id' })],
    });
    await expect(shop.rewards.list()).rejects.toMatchObject({ status: 400, code: 'member_required' });
    await expect(shop.actingFor('nobody').referral.me()).rejects.toMatchObject({ code: 'unknown_member' });
  });

  test('tells an answer of something in between, and gives up when the time is over', async () => {
    const gateway = http.createServer((req, res) => {
      if (req.url?.startsWith('/slow')) return;
      res.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const broken = new Plusone({ baseUrl: at, token: 'x' }).referral.me();
    await expect(broken).rejects.toMatchObject({ status: 502, code: 'not_a_problem' });
    const slow = new Plusone({ baseUrl: `${at}/slow`, token: 'x', timeoutMs: 20 }).referral.me();
    await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' });
    gateway.closeAllConnections();
    await new Promise((resolve) => gateway.close(resolve));
  });

  test('names a member whose id is not ASCII, and asks for a fresh token each time', async () => {
    await shop.events.send({ type: 'member.created', data: { member_id: 'zoë', email: 'zoe@example.com' } }, WAIT);
    expect((await shop.actingFor('zoë').referral.me()).member_id).toBe('zoë');
    let asked = 0;
    const token = async () => {
      asked++;
      return await tokenFor('dora');
    };
    const dora = new Plusone({ baseUrl, program: 'claudexia', token });
    await dora.referral.me();
    await dora.links.list();
    expect(asked).toBe(2);
  });

  test('takes one credential, and only a server key acts for somebody', () => {
    expect(() => new Plusone({ baseUrl })).toThrow('either token or serverKey');
    expect(() => new Plusone({ baseUrl, token: 'a', serverKey: 'b' })).toThrow('either token or serverKey');
    expect(() => new Plusone({ baseUrl, token: 'a' }).actingFor('alice')).toThrow('only a server key');
  });
});
