/** How old an e-mail domain is: asked of a registry, waited for when it is away, and decided when it has told. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let registry: Server;
let asked: string[];
/** When the domain was registered; null: the registry does not know it; away: it fails. */
let answer: string | null | 'away';

beforeEach(async () => {
  asked = [];
  answer = '2026-04-28T10:00:00Z';
  registry = createServer((request, response) => {
    const url = request.url as string;
    if (url.startsWith('/bootstrap/')) {
      response.writeHead(302, { location: url.replace('/bootstrap/', '/registry/') }).end();
      return;
    }
    asked.push(url);
    const events = [
      { eventAction: 'last changed', eventDate: '2026-05-01T00:00:00Z' },
      { eventAction: 'registration', eventDate: answer },
    ];
    const status = answer === 'away' ? 503 : answer === null ? 404 : 200;
    response.writeHead(status, { 'content-type': 'application/rdap+json' }).end(JSON.stringify({ events }));
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
  registry.close();
});

async function started(then: string, variables: Record<string, string> = {}): Promise<void> {
  const { port } = registry.address() as AddressInfo;
  const signal = `domain_age: { rdap_url: "http://127.0.0.1:${port}/bootstrap", younger_than: 30d, then: ${then} }`;
  service = await TestService.start({
    program: 'buywhere',
    variables,
    edit: (yaml) => yaml.replace(/^ {2}disposable_email:.*$/m, `  ${signal}`),
  });
  story = await Story.of(service);
  await story.signUp('alice', 'alice@alice.example');
}

async function bring(id: string, email: string): Promise<void> {
  await story.signUp(id, email, { referral_code: await service.codeOf('alice') });
}
const look = async () => await story.clock((await service.admin('GET', '/test-clock')).body.now);
const bonus = async (id: string) => (await story.rewardsOf(id)).map((r) => (r as unknown[]).slice(1, 3));

test('a young domain is held until the registry has told, and then denied', async () => {
  await started('deny');
  await bring('ben', 'ben@mail.new-firm.example');
  const [waiting] = await service.rewards('&member=ben');
  expect([waiting.status, waiting.reason, waiting.flags]).toEqual(['pending', 'held', ['check_unavailable']]);
  await look();
  expect(asked).toEqual(['/registry/domain/new-firm.example']);
  expect(await bonus('ben')).toEqual([['rejected', 'domain_age']]);
  await bring('cat', 'cat@mail.new-firm.example');
  await look();
  expect(asked).toHaveLength(1);
  expect(await bonus('cat')).toEqual([['rejected', 'domain_age']]);
});

test('an old one is credited by itself as soon as that is known', async () => {
  await started('hold');
  answer = '2019-03-01T00:00:00Z';
  await bring('ben', 'ben@old.example');
  expect(await bonus('ben')).toEqual([['pending', 'held']]);
  await look();
  expect(await bonus('ben')).toEqual([['credited', null]]);
  const [reward] = await service.rewards('&member=ben');
  expect(reward.flags).toEqual([]);
  expect((await story.rewardsOf('alice'))[0]).toEqual(['signup_reward', 'pending', 'vesting', 500]);
});

test('a registry that is away lets nobody through and is asked again; a person may decide before', async () => {
  await started('deny');
  answer = 'away';
  await bring('ben', 'ben@one.example');
  await bring('cat', 'cat@two.example');
  await look();
  expect([await bonus('ben'), await bonus('cat')]).toEqual([[['pending', 'held']], [['pending', 'held']]]);
  const [reward] = await service.rewards('&member=cat');
  await service.admin('POST', `/rewards/${reward.id}/approve`, { reason: 'I know them' });
  expect(await bonus('cat')).toEqual([['credited', null]]);
  answer = '2010-01-01T00:00:00Z';
  await story.clock('2026-05-01T02:00:00Z');
  expect([await bonus('ben'), await bonus('cat')]).toEqual([[['credited', null]], [['credited', null]]]);
});

test('a registry that does not say leaves it to a person', async () => {
  await started('hold');
  answer = null;
  await bring('ben', 'ben@unknown.example');
  await story.clock('2026-05-03T00:00:00Z');
  expect(asked).toHaveLength(1);
  expect(await bonus('ben')).toEqual([['pending', 'held']]);
});

test('public mailboxes are not asked about, and no address is dialled that the way out refuses', async () => {
  await started('deny', { EGRESS_ALLOW: '192.0.2.0/24' });
  await bring('ann', 'ann@gmail.com');
  expect(await bonus('ann')).toEqual([['credited', null]]);
  await bring('ben', 'ben@firm.example');
  await story.clock('2026-05-01T02:00:00Z');
  expect(asked).toEqual([]);
  expect(await bonus('ben')).toEqual([['pending', 'held']]);
});

test('what the lists do not know of mailboxes, or have wrong, the program file says', async () => {
  const mailboxes = 'mailboxes: { disposable: [burner.example], public: [town.example], trusted: [mailinator.com] }';
  service = await TestService.start({ program: 'buywhere', edit: (yaml) => `${yaml}\n${mailboxes}\n` });
  story = await Story.of(service);
  await story.signUp('alice', 'alice@alice.example');
  await bring('ann', 'ann@eu.burner.example');
  expect(await bonus('ann')).toEqual([['rejected', 'disposable_email']]);
  for (const [id, email] of [
    ['ben', 'ben@mailinator.com'],
    ['cas', 'cas@town.example'],
    ['dan', 'dan@town.example'],
  ] as const) {
    await bring(id, email);
    expect([id, await bonus(id)]).toEqual([id, [['credited', null]]]);
  }
});
