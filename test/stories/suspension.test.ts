/** A referrer is suspended, by an admin or by a signal; what was pending is forfeited, appealed for, and given back. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokenFor } from '../support/member.ts';
import { Story } from '../support/referrals.ts';
import { MEMBER_JWT_SECRET, TestService } from '../support/service.ts';

let service: TestService;
let story: Story;

const started = async (edit?: (yaml: string) => string) => {
  service = await TestService.start({ program: 'buywhere', ...(edit && { edit }) });
  story = await Story.of(service);
};
const account = (name: string) => ({ email: `${name}@${name}.example`, fingerprint: `device of ${name}` });

/** Alice has 500 credits that vest, and Ben, whom she brought, has had his thousand. */
async function aliceBringsBen(): Promise<void> {
  await story.tell(['member.created', { member_id: 'alice', ...account('alice') }]);
  const code = await service.codeOf('alice');
  await story.tell(['member.created', { member_id: 'ben', referral_code: code, ...account('ben') }]);
}

const member = async (id: string) => (await service.admin('GET', `/members/${id}?program=buywhere`)).body;
const suspend = (body: unknown) =>
  service.admin('PATCH', '/members/alice?program=buywhere', { suspended: body } as object);
const accountsOf = async (id: string) =>
  Object.fromEntries(
    (await member(id)).balances.map((b: { account: string; balance: number }) => [b.account, b.balance]),
  );
const open = (method: 'get' | 'post', where: string) => request(service.app)[method](`/p/buywhere${where}`);

/** Mails as they lie in DATA_DIR/outbox. */
async function mails(): Promise<string[]> {
  await story.clock((await service.admin('GET', '/test-clock')).body.now);
  const folder = path.join(service.dir, 'outbox');
  const files = readdirSync(folder).sort();
  return files.map((file) => readFileSync(path.join(folder, file), 'utf8').replace(/=\r?\n/g, ''));
}

async function appealLink(): Promise<string> {
  const [, link = ''] = /https?:\/\/[^/]+(\/p\/buywhere\/appeal\/[\w-]+)/.exec((await mails()).join('\n')) ?? [];
  return link.replace('/p/buywhere', '');
}

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

describe('by an admin', () => {
  beforeEach(async () => {
    await started();
    await aliceBringsBen();
  });

  test('the code stands no more and brings nothing, and what was pending is forfeited where all can see it', async () => {
    expect(await accountsOf('alice')).toEqual({ pending: 500 });
    const answer = await suspend({ reason: 'incentive_abuse', note: 'pays for signups' });
    expect([answer.status, answer.body.suspended, answer.body.suspended_reason]).toEqual([
      200,
      true,
      'incentive_abuse',
    ]);
    expect(await story.rewardsOf('alice')).toEqual([['signup_reward', 'rejected', 'forfeited', 500]]);
    expect(await accountsOf('alice')).toEqual({ pending: 0 });
    const [reward] = await service.rewards('&member=alice');
    expect(reward.forfeited_amount).toBe(500);
    const { body } = await service.admin('GET', `/rewards/${reward.id}`);
    expect(
      body.entries.map((e: { kind: string; account: string; amount: number }) => [e.kind, e.account, e.amount]),
    ).toEqual(
      expect.arrayContaining([
        ['forfeit', 'pending', -500],
        ['forfeit', 'forfeited', 500],
      ]),
    );
    const code = await service.codeOf('alice');
    await story.tell(['member.created', { member_id: 'cat', referral_code: code, ...account('cat') }]);
    expect([(await member('cat')).referred_by, await story.rewardsOf('cat')]).toEqual([null, []]);
    await story.clock('2026-05-10T00:00:00Z');
    expect(await accountsOf('alice')).toEqual({ pending: 0 });
    expect(await accountsOf('ben')).toEqual({ available: 1000 });
  });

  test('what would come meanwhile is forfeited as it is earned, and granted, all of it comes back once', async () => {
    await suspend({ reason: 'fake_accounts' });
    await story.use('ben', 100);
    expect((await story.rewardsOf('alice')).map((r) => (r as string[]).slice(1, 3))).toEqual(
      Array(3).fill(['rejected', 'forfeited']),
    );
    const token = await tokenFor('alice', {}, MEMBER_JWT_SECRET);
    const made = await open('post', '/v1/appeals')
      .set('Authorization', `Bearer ${token}`)
      .send({ message: 'Real people.' });
    expect([made.status, made.body.state, made.body.due_at]).toEqual([200, 'open', '2026-05-08T00:00:00.000Z']);
    const grant = () => service.admin('POST', `/appeals/${made.body.id}/grant`, { reason: 'they are' });
    const granted = await grant();
    expect([granted.status, granted.body.state, granted.body.suspension.forfeited]).toEqual([
      200,
      'granted',
      [{ unit: 'credits', rewards: 3, amount: 2000 }],
    ]);
    expect([(await grant()).status, (await grant()).body.code]).toEqual([409, 'appeal_decided']);
    expect(await accountsOf('alice')).toEqual({ pending: 2000 });
    await story.clock('2026-05-08T00:00:00Z');
    expect(await accountsOf('alice')).toEqual({ available: 2000, pending: 0 });
    expect(
      (await open('get', `/v1/codes/${await service.codeOf('alice')}`).set('Authorization', `Bearer ${token}`)).body
        .valid,
    ).toBe(true);
  });

  test('the mail says why, and its link leads to a page on which one appeals without a login', async () => {
    await suspend({ reason: 'trademark_misuse' });
    const [mail = ''] = await mails();
    expect(mail).toContain('To: alice@alice.example');
    expect(mail).toContain('official representative');
    const link = await appealLink();
    expect((await open('get', link)).text).toContain('<textarea');
    const sent = await open('post', link).type('form').send({ message: 'I am one.' });
    expect(sent.text).toContain('answers by 2026-05-08');
    const { body } = await service.admin('GET', '/appeals?program=buywhere&state=open');
    expect(body.data).toMatchObject([
      { member_id: 'alice', message: 'I am one.', suspension: { reason: 'trademark_misuse' } },
    ]);
    expect((await open('get', `${link.slice(0, -1)}x`)).status).toBe(404);
    const token = link.split('/').at(-1) as string;
    const again = await open('post', '/v1/appeals').send({ message: 'Again.', token });
    expect([again.status, again.body.id]).toEqual([200, body.data[0].id]);
    expect((await open('post', '/v1/appeals').send({ message: 'x', token: `1${token}` })).body.code).toBe(
      'bad_signature',
    );
    await service.admin('POST', `/appeals/${body.data[0].id}/refuse`, { reason: 'no' });
    expect((await mails()).join()).toContain('stands.');
    expect((await member('alice')).suspended).toBe(true);
  });

  test('true and false do the same without a word, and lifting it gives back', async () => {
    await suspend(true);
    expect(await story.rewardsOf('alice')).toEqual([['signup_reward', 'rejected', 'forfeited', 500]]);
    await suspend(false);
    expect(await story.rewardsOf('alice')).toEqual([['signup_reward', 'pending', 'vesting', 500]]);
    const actions = (await service.admin('GET', '/audit?program=buywhere&target=alice')).body.data;
    expect(actions.map((a: { action: string }) => a.action)).toEqual(['member.patch', 'member.patch']);
  });
});

test('anyone may report a code, without learning whether there is one; after ten an hour, no more', async () => {
  await started();
  await aliceBringsBen();
  const code = await service.codeOf('alice');
  const report = (body: object) => open('post', '/v1/reports').send(body);
  const known = await report({ code: code.toLowerCase(), reason: 'incentive_abuse', message: 'offers gift cards' });
  const unknown = await report({ code: 'NOBODYS' });
  expect([known.status, known.body, unknown.body]).toEqual([200, { received: true }, known.body]);
  const { body } = await service.admin('GET', `/reports?program=buywhere`);
  expect(body.data).toMatchObject([
    { code, member_id: 'alice', reason: 'incentive_abuse', message: 'offers gift cards' },
  ]);
  for (let i = 0; i < 8; i++) await report({ code });
  expect((await report({ code })).body.code).toBe('too_many_requests');
});

describe('by a signal', () => {
  test('suspends the referrer, takes both sides of that referral, and a grant lets it through', async () => {
    await started((yaml) => yaml.replace('match: [email_domain], then: deny', 'match: [fingerprint], then: suspend'));
    await aliceBringsBen();
    const code = await service.codeOf('alice');
    await story.tell([
      'member.created',
      { member_id: 'alice2', referral_code: code, ...account('alice2'), fingerprint: 'device of alice' },
    ]);
    expect([(await member('alice')).suspended, (await member('alice')).suspended_reason]).toEqual([
      true,
      'self_referral',
    ]);
    expect(await story.rewardsOf('alice2')).toEqual([['signup_bonus', 'rejected', 'self_referral', 1000]]);
    expect(await story.rewardsOf('alice')).toEqual([
      ['signup_reward', 'rejected', 'forfeited', 500],
      ['signup_reward', 'rejected', 'self_referral', 500],
    ]);
    const { body } = await service.admin('GET', '/audit?program=buywhere&action=member.suspend');
    expect(body.data).toMatchObject([{ actor: 'signal self_referral', target: 'alice', reason: 'self_referral' }]);
    const sent = await open('post', await appealLink())
      .type('form')
      .send({ message: 'My sister and I share a computer.' });
    expect(sent.status).toBe(200);
    const [appeal] = (await service.admin('GET', '/appeals')).body.data;
    await service.admin('POST', `/appeals/${appeal.id}/grant`);
    expect(await story.rewardsOf('alice2')).toEqual([['signup_bonus', 'credited', null, 1000]]);
    expect(await accountsOf('alice')).toEqual({ pending: 1000 });
    expect((await member('alice')).suspended).toBe(false);
  });

  test('where the amount takes two persons, a grant is not enough: they decide', async () => {
    await started((yaml) =>
      yaml
        .replace('match: [email_domain], then: deny', 'match: [fingerprint], then: suspend')
        .replace(/^fraud:/m, 'moderation: { two_persons_above: 600 }\nfraud:'),
    );
    await aliceBringsBen();
    const code = await service.codeOf('alice');
    const twin = { member_id: 'alice2', referral_code: code, ...account('alice2'), fingerprint: 'device of alice' };
    await story.tell(['member.created', twin]);
    await service.admin('PATCH', '/members/alice?program=buywhere', { suspended: false });
    expect(await story.rewardsOf('alice2')).toEqual([['signup_bonus', 'pending', 'held', 1000]]);
    expect(await accountsOf('alice')).toEqual({ pending: 1000 });
  });
});
