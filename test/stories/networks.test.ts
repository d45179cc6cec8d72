/** Where a signup came from: looked up in a list or at a service, waited for when that is away, decided when it has told. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { networkAnswer } from '../../src/fraud/network-answer.ts';
import { findNetwork, parseNetworkList } from '../../src/fraud/network-list.ts';
import { purgeAddresses } from '../../src/jobs/purge.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let folder: string;
let list: string;
let server: Server;
let asked: string[];
let answer: [status: number, body: object];

const LIST = `# made for the tests
network,country,asn,kind
203.0.113.0/24,SG,AS64500,
203.0.113.128/25,SG,64501,hosting
"198.51.100.0","198.51.100.255","KP"
192.0.2.0/24,DE,AS64502,vpn
2001:db8::/32,SG,AS64503,`;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'plusone-networks-'));
  list = path.join(folder, 'networks.csv');
  writeFileSync(list, LIST);
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url as string);
    response.writeHead(answer[0]).end(JSON.stringify(answer[1]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  server.close();
});

describe('a list', () => {
  test('says of each address what its narrowest network is, and nothing of others', () => {
    const known = parseNetworkList(LIST);
    const of = (ip: string) => Object.values(findNetwork(known, ip));
    expect(of('203.0.113.7')).toEqual(['SG', 64500, []]);
    expect(of('203.0.113.200')).toEqual(['SG', 64501, ['hosting']]);
    expect(of('::ffff:198.51.100.255')).toEqual(['KP', null, []]);
    expect(of('2001:db8:1::1')).toEqual(['SG', 64503, []]);
    for (const ip of ['198.51.101.0', '2001:db9::', 'no address', '']) expect(of(ip)).toEqual([null, null, null]);
  });

  test.each(['203.0.113.0/33,SG', '9,8,SG', '198.51.100.9,198.51.100.1,SG', 'SG'])(
    'with the line %s is none',
    (line) => {
      expect(() => parseNetworkList(`192.0.2.0/24,DE\n${line}`)).toThrow('line 2');
    },
  );

  test('of a service is what it says, and what it leaves out is no "no"', () => {
    const of = (body: object | null) => networkAnswer(JSON.stringify(body));
    expect(of({ country: 'sg', asn: 'AS64500', vpn: false, tor: true })).toEqual({
      country: 'SG',
      asn: 64500,
      kinds: ['tor'],
    });
    expect(of({ country_code: 'ZZ' })).toEqual({ country: null, asn: null, kinds: null });
    expect([of(null), of([]), networkAnswer('<html>')]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a signup', () => {
  async function started(fraud: string, networks = `{ list: "${list}" }`): Promise<void> {
    service = await TestService.start({
      program: 'buywhere',
      edit: (yaml) => `${yaml.replace(/^ {2}disposable_email:.*$/m, `  ${fraud}`)}\nnetworks: ${networks}\n`,
    });
    story = await Story.of(service);
    await story.signUp('alice', 'alice@alice.example');
  }
  const atService = () => `{ url: "http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/" }`;
  const bring = async (id: string, ip?: string) =>
    await story.signUp(id, `${id}@${id}.example`, { referral_code: await service.codeOf('alice'), ...(ip && { ip }) });
  const look = async () => await story.clock((await service.admin('GET', '/test-clock')).body.now);
  const bonus = async (id: string) => (await story.rewardsOf(id)).map((r) => (r as unknown[]).slice(1, 3).join());
  const addresses = async () =>
    (await service.service.pools.general.query('select count(ip)::int as n from person_secrets')).rows[0].n;

  afterEach(async () => {
    expect(await story.isSound()).toBe(true);
    await service.stop();
  });

  test('from a denied country is held until it has been looked up, and then denied; the address is forgotten', async () => {
    await started('country: { deny: [KP], then: deny }');
    await bring('ben', '198.51.100.7');
    await bring('cas', '203.0.113.7');
    const [waiting] = await service.rewards('&member=ben');
    expect([waiting.reason, waiting.flags, await addresses()]).toEqual(['held', ['check_unavailable'], 2]);
    await look();
    expect([await bonus('ben'), await bonus('cas')]).toEqual([['rejected,country'], ['credited,']]);
    expect(await addresses()).toBe(0);
    await bring('dan');
    expect(await bonus('dan')).toEqual(['credited,']);
  });

  test('from outside the countries that take part, or from nowhere that is known', async () => {
    await started('country: { allow: [SG], then: deny }');
    await bring('ben', '192.0.2.1');
    await bring('cas', '2001:db8::7');
    await bring('dan', '198.18.0.1');
    await look();
    expect([await bonus('ben'), await bonus('cas'), await bonus('dan')]).toEqual([
      ['rejected,country'],
      ['credited,'],
      ['pending,held'],
    ]);
  });

  test('from a data centre is denied where the file says so; a VPN is held at most', async () => {
    await started('network: { kinds: [hosting, vpn], asns: [64503], then: deny }');
    await bring('ben', '203.0.113.200');
    await bring('cas', '192.0.2.1');
    await bring('dan', '203.0.113.7');
    await bring('eva', '2001:db8::7');
    await look();
    const said = await Promise.all(['ben', 'cas', 'dan', 'eva'].map(bonus));
    expect(said).toEqual([['rejected,network'], ['pending,held'], ['credited,'], ['rejected,network']]);
  });

  test('waits while the list is gone or stale, and is decided when there is a fresh one', async () => {
    await started('country: { deny: [KP], then: deny }', `{ list: "${list}", fresh_for: 30d }`);
    utimesSync(list, new Date(0), new Date(0));
    await bring('ben', '198.51.100.7');
    await look();
    expect(await bonus('ben')).toEqual(['pending,held']);
    rmSync(list);
    await story.clock('2026-05-01T00:02:00Z');
    expect(await bonus('ben')).toEqual(['pending,held']);
    writeFileSync(list, '198.51.100.0/24,US');
    await story.clock('2026-05-01T00:10:00Z');
    expect(await bonus('ben')).toEqual(['credited,']);
  });

  test('is asked about at a service once for each address, with nothing but the address; one that is away holds', async () => {
    await started('country: { deny: [KP], then: deny }', atService());
    answer = [503, {}];
    await bring('ben', '198.51.100.7');
    await look();
    expect(await bonus('ben')).toEqual(['pending,held']);
    answer = [200, { country: 'KP' }];
    await story.clock('2026-05-01T00:02:00Z');
    await bring('cas', '198.51.100.7');
    expect([await bonus('ben'), await bonus('cas')]).toEqual([['rejected,country'], ['rejected,country']]);
    expect(asked).toEqual(['/v1/198.51.100.7', '/v1/198.51.100.7']);
  });

  test('of somebody who is erased, or whom nobody brought: the address does not stay', async () => {
    await started('country: { deny: [KP], then: deny }', atService());
    answer = [503, {}];
    await bring('ben', '198.51.100.7');
    await story.signUp('cas', 'cas@cas.example', { ip: '203.0.113.7' });
    await look();
    expect(await addresses()).toBe(2);
    await service.admin('POST', '/members/ben/erase?program=buywhere', { reason: 'asked' });
    expect(await addresses()).toBe(1);
    await story.clock('2026-05-01T00:02:00Z');
    expect(asked).toHaveLength(1);
    const purge = async (now: string) => {
      const { pools, deps } = service.service;
      const no = deps.programs.byName('buywhere')?.no as number;
      await purgeAddresses(pools.general, no, { retention: 30 * 86_400_000, now: new Date(now) });
      return await addresses();
    };
    expect([await purge('2026-05-20T00:00:00Z'), await purge('2026-06-02T00:00:00Z')]).toEqual([1, 0]);
  });

  test('that waits for two answers is let through by neither alone', async () => {
    await started('country: { deny: [KP] }\n  network: { kinds: [hosting] }', atService());
    answer = [200, { country: 'SG' }];
    await bring('ben', '203.0.113.7');
    await look();
    const [reward] = await service.rewards('&member=ben');
    expect([reward.reason, reward.flags]).toEqual(['held', ['check_unavailable']]);
    // What comes later waits, too.
    await story.use('ben');
    expect((await story.rewardsOf('alice')).map((r) => (r as unknown[])[2])).toEqual(['held', 'held']);
  });
});
