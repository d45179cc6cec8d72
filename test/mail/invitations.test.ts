// Friends invited by mail, from POST /me/invites to what a mail program shows: who gets one, what stands in it, and what
// the member is told.
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Member, type Scene, startScene, statuses, unsubscribeLink } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene({ invites: 'invites: { per_day: 200 }' });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.smtp.arrived.length = 0;
});

const post = (token: string, body: object) =>
  request(scene.http.app).post('/p/kortix/v1/me/invites').set('Authorization', `Bearer ${token}`).send(body);
const del = (token: string, path: string) =>
  request(scene.http.app).delete(`/p/kortix/v1${path}`).set('Authorization', `Bearer ${token}`);

/** The one mail that arrived there. */
async function mailTo(address: string) {
  await scene.advance();
  expect(scene.smtp.to(address)).toHaveLength(1);
  const [arrived] = scene.smtp.to(address);
  if (!arrived) throw new Error(`nothing arrived at ${address}`);
  return arrived;
}

describe('an invitation', () => {
  test('names the member, carries their link and code, tells of the product, and asks to sign up', async () => {
    const ann = await scene.member('ann', { name: 'Ann Archer' });
    const answer = await ann.invite(['bob@friends.example'], 'You will like it.\nReally.');
    expect([answer.status, answer.body]).toEqual([
      200,
      { data: [{ email: 'bob@friends.example', status: 'sent' }], sent: 1, total: 1 },
    ]);
    const { mail, from, to, header } = await mailTo('bob@friends.example');
    const url = `https://app.kortix.example/auth?ref=${ann.code}`;
    expect([from, to]).toEqual(['support@kortix.example', ['bob@friends.example']]);
    expect(mail.from).toMatchObject({ name: 'Kortix', address: 'support@kortix.example' });
    expect(mail.replyTo).toBeUndefined();
    expect(mail.subject).toBe('Ann Archer invites you to Kortix');
    for (const part of [mail.text, mail.html]) {
      for (const words of [
        'Ann Archer',
        url,
        ann.code,
        '100 credits',
        'AI agents that work for you',
        'You will like it.',
      ])
        expect(part).toContain(words);
      expect(part).not.toContain('ann@example.com');
    }
    expect(mail.html).toContain(`<a href="${url}" style="display:inline-block`);
    expect(mail.html).toContain('>Join Kortix</a>');
    expect(mail.html).toContain('src="https://kortix.example/logo.png" alt="Kortix"');
    expect(mail.html).toContain('#4f46e5');
    const link = unsubscribeLink(header('List-Unsubscribe'));
    expect(link).toMatch(/^https:\/\/plusone\.test\/p\/kortix\/unsubscribe\/[\w-]{44}$/);
    expect(mail.text).toContain(link);
    expect(mail.html).toContain(`href="${link}"`);
    expect(header('List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
    expect(header('Auto-Submitted')).toBe('auto-generated');
    expect(mail.messageId).toMatch(/^<[0-9a-f]{40}@kortix\.example>$/);
  });

  test('from somebody whose name is not known, or is an address, is a friend’s', async () => {
    for (const name of ['', 'carl@private.example']) {
      const carl = await scene.member(`carl${name.length}`, { name });
      const to = `friend-of-carl${name.length}@friends.example`;
      await carl.invite([to]);
      const { mail, raw } = await mailTo(to);
      expect(mail.subject).toBe('A friend invites you to Kortix');
      expect(raw).not.toContain('private.example');
    }
  });

  test('shows a hostile name and note as the text they are, and makes no header of them', async () => {
    const name = `<b>Eve</b>\r\nBcc: thief\r\n\r\n"'& {code} \u202Eevil`;
    const note = `<script>alert(1)</script>\r\nSubject: hacked\r\n.\r\nRCPT TO:<thief@evil.example>\r\n"><img src=x onerror=alert(1)> {url}`;
    const eve = await scene.member('eve', { name });
    await eve.invite(['dora@friends.example'], note);
    const { mail, to, header } = await mailTo('dora@friends.example');
    expect(to).toEqual(['dora@friends.example']);
    expect(scene.recipients()).toHaveLength(1);
    expect([mail.bcc, mail.cc, header('bcc')]).toEqual([undefined, undefined, undefined]);
    expect(mail.to).toEqual([{ name: '', address: 'dora@friends.example' }]);
    expect(header('subject')).not.toBe('hacked');
    expect(mail.subject).toBe(`<b>Eve</b> Bcc: thief "'& {code} evil invites you to Kortix`);
    expect(mail.html).not.toMatch(/<script|<b>|<img src=x/i);
    expect(mail.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;<br>');
    expect(mail.html).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt; {url}');
    expect(mail.text).toContain('<script>alert(1)</script>');
    expect(mail.text).not.toContain('\u202e');
  });
});

describe('an address', () => {
  let fay: Member;
  let beside = 0;
  beforeAll(async () => {
    fay = await scene.member('fay');
  });

  test('is invited once, however it is written and by whomever', async () => {
    const gus = await scene.member('gus');
    const twice = await fay.invite(['Once@Friends.example', 'once@friends.example', 'once+tag@friends.example']);
    expect(statuses(twice)).toEqual(['sent', 'already_invited', 'already_invited']);
    expect(statuses(await fay.invite(['once@friends.example']))).toEqual(['already_invited']);
    expect(statuses(await gus.invite([' once@friends.example ']))).toEqual(['already_invited']);
    await mailTo('Once@friends.example');
    expect(scene.recipients()).toHaveLength(1);
  });

  test('that many ask for at the same time is mailed once', async () => {
    const members = await Promise.all(['p1', 'p2', 'p3', 'p4'].map((name) => scene.member(name)));
    const emails = Array.from({ length: 10 }, (_, i) => `all${i}@friends.example`);
    const answers = await Promise.all(members.map((each, i) => each.invite(i % 2 ? emails : emails.toReversed())));
    expect(answers.flatMap(statuses).filter((status) => status === 'sent')).toHaveLength(10);
    await scene.advance();
    expect(scene.recipients()).toEqual(emails);
  });

  test.each([
    '',
    'nobody',
    'a@b',
    'a@@b.example',
    'a b@c.example',
    'x@y.example\r\nBcc: z@y.example',
    '<x@y.example>',
    'a,b@c.example',
    `${'x'.repeat(250)}@y.example`,
  ])('%j is none, and the others are invited all the same', async (wrong) => {
    const good = `good-${++beside}@friends.example`;
    const answer = await fay.invite([wrong, good]);
    expect([answer.status, answer.body.data[0]]).toEqual([200, { email: wrong, status: 'invalid' }]);
    expect(answer.body).toMatchObject({ sent: 1, total: 2 });
    await mailTo(good);
  });

  test('of the member’s own is told so, with whatever tag', async () => {
    expect(statuses(await fay.invite(['fay@example.com', 'FAY+x@example.com']))).toEqual([
      'own_address',
      'own_address',
    ]);
    await scene.advance();
    expect(scene.recipients()).toEqual([]);
  });

  test('of a member gets no mail, and the inviter learns nothing', async () => {
    await scene.member('hal');
    const [known, stranger] = [await fay.invite(['hal@example.com']), await fay.invite(['ina@example.com'])];
    expect(known.body).toEqual({ data: [{ email: 'hal@example.com', status: 'sent' }], sent: 1, total: 1 });
    expect(statuses(stranger)).toEqual(['sent']);
    await scene.advance();
    expect(scene.recipients()).toEqual(['ina@example.com']);
    const again = await fay.invite(['hal@example.com', 'ina@example.com']);
    expect(statuses(again)).toEqual(['already_invited', 'already_invited']);
    const { data } = await fay.invited('?limit=2');
    const { id: _one, email: _hal, ...ofKnown } = data[1];
    const { id: _two, email: _ina, ...ofStranger } = data[0];
    expect(ofKnown).toEqual(ofStranger);
  });

  test.each([
    ['no address', { emails: [] }],
    ['no list', { emails: 'a@b.example' }],
    ['something else in the list', { emails: [7] }],
    ['more than fifty', { emails: Array.from({ length: 51 }, (_, i) => `n${i}@friends.example`) }],
    ['a note that is too long', { emails: ['long@friends.example'], note: 'x'.repeat(1001) }],
    ['an unknown key', { emails: ['key@friends.example'], from: 'someone@else.example' }],
  ])('in a request with %s is not mailed', async (_what, body) => {
    const { status, body: said } = await post(fay.token, body);
    expect([status, said.code]).toEqual([422, 'invalid_request']);
    await scene.advance();
    expect(scene.recipients()).toEqual([]);
  });

  test('is one of fifty at once', async () => {
    const emails = Array.from({ length: 50 }, (_, i) => `bulk${i}@friends.example`);
    const { body } = await fay.invite(emails, null);
    expect([body.sent, body.total]).toEqual([50, 50]);
    expect(body.data.map((each: { email: string }) => each.email)).toEqual(emails);
    await scene.advance();
    expect(scene.recipients()).toEqual(emails.toSorted());
    const ids = new Set(scene.smtp.arrived.map(({ mail }) => mail.messageId));
    expect(ids.size).toBe(50);
  });
});

describe('who may not invite', () => {
  test('is suspended, before the mail is written or before it is sent', async () => {
    const jo = await scene.member('jo');
    expect(statuses(await jo.invite(['early@friends.example']))).toEqual(['sent']);
    await scene.http.admin('patch', '/members/jo?program=kortix').send({ suspended: true, suspended_reason: 'abuse' });
    await scene.advance();
    // Nobody but the member, who is told of the suspension.
    expect(scene.recipients()).toEqual(['jo@example.com']);
    const { status, body } = await jo.invite(['late@friends.example']);
    expect([status, body.code]).toEqual([409, 'code_suspended']);
  });

  test('has revoked the code', async () => {
    const kim = await scene.member('kim');
    await del(kim.token, '/me/code');
    const { status, body } = await kim.invite(['kims@friends.example']);
    expect([status, body.code]).toEqual([404, 'no_code']);
  });
});

test('the list of the invited is masked, newest first, in pages, and says who joined', async () => {
  const lea = await scene.member('lea');
  await lea.invite(['first@friends.example']);
  await scene.advance(1);
  await lea.invite(['second@friends.example']);
  await scene.advance();
  await scene.http.tell(
    'member.created',
    { member_id: 'first', email: 'first@friends.example', referral_code: lea.code },
    'first joins',
    'kortix',
  );
  const one = await lea.invited('?limit=1');
  const two = await lea.invited(`?limit=1&cursor=${one.next_cursor}`);
  expect(one.data).toMatchObject([{ email: 'sec***@friends.example', status: 'sent' }]);
  expect(two.data).toMatchObject([{ email: 'fi***@friends.example', status: 'joined' }]);
  expect(two.next_cursor).toBeNull();
  expect((await (await scene.member('leo')).invited()).data).toEqual([]);
});

test('no address and no name is in the log, and none can be read in the database', async () => {
  const log = scene.http.lines.join('\n');
  for (const text of ['friends.example', 'Ann Archer', 'You will like it']) expect(log).not.toContain(text);
  const { rows } = await scene.http.pools.general.query(
    "select m.*, encode(m.recipient, 'escape') as bytes from mails m",
  );
  const kept = JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  for (const text of ['friends.example', 'Ann Archer', 'You will like it']) expect(kept).not.toContain(text);
});
