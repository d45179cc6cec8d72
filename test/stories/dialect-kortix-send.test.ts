/** What Kortix's invitations put into a friend's mailbox, and what they leave out. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { type FakeSmtp, startFakeSmtp } from '../support/fake-smtp.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let smtp: FakeSmtp;
let service: TestService;
let api: DialectClient;
let code = '';

beforeEach(async () => {
  smtp = await startFakeSmtp();
  service = await TestService.start({ program: 'kortix', variables: { SMTP_URL: smtp.url } });
  api = new DialectClient(service);
  await (await Story.of(service)).signUp('ann', 'ann@ann.example', { name: 'Ann Example' });
  code = await service.codeOf('ann');
});

afterEach(async () => {
  await service.stop();
  await smtp.close();
});

test('a personal invitation with the referral link and a word about Kortix', async () => {
  const { body } = await api.post('/v1/referrals/send', { as: 'ann', body: { email: 'friend@friend.example' } });
  expect(body.success).toBe(true);
  const [mail] = await smtp.count(1);
  expect(mail?.to).toEqual(['friend@friend.example']);
  for (const words of ['Ann', `https://app.kortix.ai/auth?ref=${code}`, '100 credits', 'Generalist AI agents'])
    expect(mail?.mail.text).toContain(words);
});

test('with the inviter’s own words, where there are some', async () => {
  const note = 'It wrote my tests while I slept.';
  await api.post('/v1/referrals/send', { as: 'ann', body: { email: 'friend@friend.example', note } });
  await api.post('/v1/referrals/send-bulk', { as: 'ann', body: { emails: ['two@two.example'], note } });
  for (const { mail } of await smtp.count(2)) expect(mail.text).toContain(note);
  const wrong = { email: 'three@three.example', note: 'x'.repeat(1001) };
  const { status, body } = await api.post('/v1/referrals/send', { as: 'ann', body: wrong });
  expect([status, body.errors[0].field]).toEqual([422, 'note']);
});

test('one for each friend, none for oneself, and none twice', async () => {
  const emails = ['one@one.example', 'ann@ann.example', 'two@two.example', 'ONE@one.example'];
  const { body } = await api.post('/api/v1/referrals/send-bulk', { as: 'ann', body: { emails } });
  expect(body.results.map((each: { message: string }) => each.message)).toEqual([
    'Email sent successfully',
    'This is your own address',
    'Email sent successfully',
    'This address has been invited before',
  ]);
  const arrived = (await smtp.count(2)).flatMap(({ to }) => to);
  expect(arrived.sort()).toEqual(['one@one.example', 'two@two.example']);
});
