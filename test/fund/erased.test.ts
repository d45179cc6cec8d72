// A member who is erased was a contributor, too: what is known of them goes, what they are owed stays in the ledger.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { client, tokenFor } from '../support/member.ts';
import { MEMBER_JWT_SECRET } from '../support/service.ts';
import { type FundScene, startFund } from './scene.ts';

let scene: FundScene;
beforeAll(async () => {
  scene = await startFund();
  const token = await tokenFor('zoe', { email: 'zoe@home.example' }, MEMBER_JWT_SECRET);
  const call = client(scene.service.app);
  await call('post', '/me/contributor', { token, body: { github_username: 'zanzibar', email: 'ann@dev.example' } });
  const mail = (await scene.mails()).findLast(({ to }) => to === 'ann@dev.example');
  const code = /^\d+\.[\w-]{22}\.\d+\.[\w-]{22}$/m.exec(mail?.text ?? '')?.[0];
  await call('post', '/me/contributor/confirm', { token, body: { code } });
  await scene.paid('pay_1', 100_000);
  await scene.to('2026-06-01T00:00:00Z');
  await call('put', '/me/contributor/details', { token, body: { details: { iban: 'DE-zoe' } } });
});
afterAll(() => scene.stop());

test('nothing of them is left but ids, keyed hashes and what is owed', async () => {
  expect(await scene.accounts()).toMatchObject({ 'fund_owed zanzibar': 19_737 });
  const erased = await scene.service.admin('POST', '/members/zoe/erase?program=claudexia', { reason: 'asked' });
  expect(erased.status).toBe(200);
  const [contributor] = await scene.rows('select id, github_username, details, key_version from fund_contributors');
  expect(contributor).toMatchObject({ github_username: `erased.${contributor?.id}`, details: null, key_version: null });
  const theirs = 'select address, name from fund_identities where contributor_id is not null';
  expect(await scene.rows(theirs)).toEqual([{ address: null, name: null }]);
  expect(await scene.mails()).toEqual([]);
  expect(await scene.accounts()).toMatchObject({ [`fund_owed ${contributor?.github_username}`]: 19_737 });
});

test('a later release does not bring them back, and their report stays what it was', async () => {
  await scene.paid('pay_2', 100_000);
  await scene.to('2026-07-01T00:00:00Z');
  const theirs = 'select address, name from fund_identities where contributor_id is not null';
  expect(await scene.rows(theirs)).toEqual([{ address: null, name: null }]);
  const { body } = await scene.service.admin('GET', '/fund/report?program=claudexia&month=2026-05');
  expect(body.contributors[0]).toMatchObject({ lines: 90, share: 19_737, registered: true });
  expect(JSON.stringify(body)).not.toMatch(/zanzibar|ann@|Ann Author/);
  expect(scene.sink.posts()).toBe(0);
  expect(await scene.service.isBalanced()).toBe(true);
});
