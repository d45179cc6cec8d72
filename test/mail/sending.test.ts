// What becomes of a planned mail: a server that is away, says no, or breaks off; two processes; no server at all.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import PostalMime from 'postal-mime';
import request from 'supertest';
import { afterEach, describe, expect, test } from 'vitest';
import { readEnv } from '../../src/config/env.ts';
import { parseSecretKey, type SecretKeys } from '../../src/config/secrets.ts';
import { createMailing } from '../../src/mailing.ts';
import { startFakeSmtp } from '../support/fake-smtp.ts';
import { type Scene, type SceneOptions, startScene, statuses } from './scene.ts';

let scene: Scene;
afterEach(() => scene.close());

async function invited(emails: string[], options: SceneOptions = {}): Promise<void> {
  scene = await startScene(options);
  expect(statuses(await (await scene.member('ann')).invite(emails))).toEqual(emails.map(() => 'sent'));
}

const BOB = 'bob@friends.example';

describe('a mail server', () => {
  test('that is away gets the mail later, once', async () => {
    const gone = await startFakeSmtp();
    await gone.close();
    await invited([BOB, 'cleo@friends.example'], { smtpUrl: gone.url });
    await scene.advance();
    expect(await scene.states()).toEqual(['planned', 'planned']);
    const back = await startFakeSmtp({ port: Number(new URL(gone.url).port) });
    try {
      await scene.advance(0.5);
      expect(back.tries()).toBe(0);
      await scene.advance(1);
      expect(back.arrived.flatMap(({ to }) => to).sort()).toEqual([BOB, 'cleo@friends.example']);
      await scene.advance(60 * 24 * 7);
      expect(back.tries()).toBe(2);
    } finally {
      await back.close();
    }
    expect(await scene.states()).toEqual(['sent', 'sent']);
  });

  test.each(['refuse', 'refuse_data'] as const)('that says no for good (%s) is not asked again', async (mode) => {
    await invited([BOB]);
    scene.smtp.mode = mode;
    await scene.advance();
    expect(await scene.states()).toEqual(['failed']);
    scene.smtp.mode = 'ok';
    await scene.advance(60 * 24 * 7);
    expect(scene.recipients()).toEqual([]);
    const { data } = await (await scene.member('ann')).invited();
    expect(data).toMatchObject([{ email: 'b***@friends.example', status: 'failed' }]);
  });

  test.each(['busy', 'login'] as const)(
    'that says not now (%s) is asked again, and in the end no more',
    async (mode) => {
      await invited([BOB, 'cleo@friends.example']);
      scene.smtp.mode = mode;
      await scene.advance();
      expect(scene.smtp.tries()).toBe(2);
      await scene.advance(0.9);
      expect(scene.smtp.tries()).toBe(2);
      await scene.advance(0.1);
      expect(scene.smtp.tries()).toBe(4);
      await scene.advance(60 * 24 * 7);
      expect(scene.smtp.tries()).toBe(16);
      expect(await scene.states()).toEqual(['failed', 'failed']);
    },
  );

  test('that breaks off before it has answered gets the same message again', async () => {
    await invited([BOB]);
    scene.smtp.mode = 'lose';
    await scene.advance();
    expect(await scene.states()).toEqual(['planned']);
    await scene.advance(1);
    const ids = scene.smtp.to(BOB).map(({ mail }) => [mail.messageId, mail.date, mail.subject, mail.text]);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toEqual(ids[1]);
    expect(await scene.states()).toEqual(['sent']);
  });
});

test('a sender that died in the middle of a try is followed by another', async () => {
  await invited([BOB]);
  const { pools } = scene.http;
  await pools.general.query(
    `update mails set state = 'sending', attempts = 1, next_try_at = null, lease_until = now() + interval '1 hour'`,
  );
  await scene.advance();
  expect(scene.recipients()).toEqual([]);
  await pools.general.query(`update mails set lease_until = now() - interval '1 second'`);
  await scene.advance();
  expect(scene.recipients()).toEqual([BOB]);
  expect(await scene.states()).toEqual(['sent']);
});

test('two that send side by side send each mail once', async () => {
  const emails = Array.from({ length: 30 }, (_, i) => `many${String(i).padStart(2, '0')}@friends.example`);
  await invited(emails);
  await Promise.all([scene.advance(), scene.advance(), scene.advance()]);
  expect(scene.recipients()).toEqual(emails);
});

test('a mail that was sent keeps no text, and its acceptance is written once', async () => {
  await invited([BOB]);
  await scene.advance();
  const { rows } = await scene.http.pools.general.query('select subject, text, html, attempts, sent_at from mails');
  expect(rows).toEqual([{ subject: null, text: null, html: null, attempts: 1, sent_at: expect.any(Date) }]);
  const again = scene.http.pools.general.query(
    `update mails set state = 'planned', next_try_at = now(), sent_at = null`,
  );
  await expect(again).rejects.toThrow('mails_content_check');
});

test('mails are counted for whoever watches', async () => {
  await invited([BOB, 'cleo@friends.example']);
  scene.smtp.mode = 'busy';
  await scene.advance();
  const { text } = await request(scene.http.app).get('/metrics');
  expect(text).toContain('plusone_mails{program="kortix",state="waiting"} 2');
});

describe('without a mail server', () => {
  test('mails are files in the outbox folder that nobody else can read', async () => {
    await invited([BOB], { smtpUrl: '' });
    await scene.advance();
    const folder = path.join(scene.http.folder, 'outbox');
    const files = readdirSync(folder);
    expect(files).toEqual([expect.stringMatching(/^kortix-\d+\.eml$/)]);
    const file = path.join(folder, files[0] ?? '');
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    const mail = await PostalMime.parse(readFileSync(file));
    expect(mail).toMatchObject({ to: [{ address: BOB }], subject: 'ann invites you to Kortix' });
    expect(mail.html).toContain('Join Kortix');
    expect(await scene.states()).toEqual(['sent']);
    const log = scene.http.lines.filter((line) => line.includes('outbox'));
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('b***@friends.example');
    expect(log[0]).not.toContain(BOB);
  });
});

test('a process that works the queue sends at once what a member asks for', async () => {
  scene = await startScene();
  scene.http.startWork();
  await (await scene.member('ann')).invite([BOB]);
  await scene.smtp.count(1);
  expect(scene.recipients()).toEqual([BOB]);
});

test('a process that only serves HTTP asks those that work the queue', async () => {
  scene = await startScene();
  const { pools, deps } = scene.http;
  const kortix = deps.programs.byName('kortix');
  if (!kortix) throw new Error('no kortix');
  const web = createMailing({
    env: readEnv({ SMTP_URL: scene.smtp.url }),
    pools,
    keys: parseSecretKey('x'.repeat(40)) as SecretKeys,
    clock: deps.clock,
    programByNo: () => kortix,
    sends: false,
    log: deps.log,
  });
  const letter = { subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' };
  await web.plan(kortix, 'invitation', 1n, [{ key: 'invitation:x', to: { address: BOB, hash: 'x' }, letter }]);
  const { rows } = await pools.general.query(
    `select key from graphile_worker.jobs where task_identifier = 'run_due_program'`,
  );
  expect(rows).toHaveLength(1);
  await web.stop();
});
