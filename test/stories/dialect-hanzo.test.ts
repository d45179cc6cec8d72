/** Hanzo's API Reference, endpoint by endpoint, with the JSON of its own examples. */
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DialectClient, shapeOf } from '../support/dialect.ts';
import * as samples from '../support/dialect-samples.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let api: DialectClient;

beforeAll(async () => {
  service = await TestService.start({
    program: 'hanzo',
    start: '2026-03-22T00:00:00Z',
    edit: (yaml) => `${yaml}hosts: [api.hanzo.test]\n`,
  });
  story = await Story.of(service);
  api = new DialectClient(service);
  await story.signUp('usr_zach', 'zach@zach.example', { name: 'Zach Kelling', created_at: '2025-06-15T00:00:00Z' });
});

afterAll(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const ID = /^ref_[0-9A-HJKMNP-TV-Z]{26}$/;
let code = '';
beforeEach(async () => {
  code = (await api.get('/v1/referrer/me', { as: 'usr_zach' })).body.code;
});

describe('create referral link', () => {
  test('returns the referral code and shareable URL, and echoes channel and campaign', async () => {
    const asked = { as: 'usr_zach', body: { channel: 'twitter', campaign: 'launch-week-2026' } };
    const { status, body } = await api.post('/v1/referrer', asked);
    expect(status).toBe(200);
    expect(body).toEqual(shapeOf(samples.HANZO_REFERRER));
    expect(body).toMatchObject({ channel: 'twitter', campaign: 'launch-week-2026' });
    expect(body.id).toMatch(ID);
    expect(body.url).toBe(`https://hanzo.ai/signup?ref=${body.code}`);
  });

  test('returns the existing code to whoever has one, whatever channel is named', async () => {
    const first = (await api.post('/api/v1/referrer', { as: 'usr_zach', body: { channel: 'blog' } })).body;
    const second = (await api.post('/v1/referrer', { as: 'usr_zach', body: {} })).body;
    const third = (await api.post('/v1/referrer', { as: 'usr_zach' })).body;
    expect(first).toMatchObject({ code, channel: 'blog', campaign: null });
    expect(second).toMatchObject({ id: first.id, code, channel: null, campaign: null });
    expect(third).toEqual(second);
  });

  test('keeps the channel and campaign among the links of the referrer, once', async () => {
    const body = { channel: 'meetup', campaign: 'sf' };
    for (const _ of [1, 2]) await api.post('/v1/referrer', { as: 'usr_zach', body });
    const links = (await api.get('/v1/me/links', { as: 'usr_zach' })).body.data;
    expect(links.filter((each: { channel: string }) => each.channel === 'meetup')).toHaveLength(1);
  });

  test('of an empty body that says it is JSON is the same', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const { status, body } = await api.post('/v1/referrer', { as: 'usr_zach', headers });
    expect([status, body.code]).toEqual([200, code]);
  });

  test('makes the code of a user whom nobody told us about', async () => {
    const { status, body } = await api.post('/v1/referrer', { as: 'usr_new', claims: { email: 'new@new.example' } });
    expect([status, typeof body.code]).toEqual([200, 'string']);
  });

  test('refuses a channel that is no text, with its field', async () => {
    const { status, body } = await api.post('/v1/referrer', { as: 'usr_zach', body: { channel: 7 } });
    expect([status, body.code, body.errors[0].field]).toEqual([422, 'invalid_request', 'channel']);
  });
});

test('a profile is as old as the account, whenever we heard of it', async () => {
  const { body } = await api.get('/v1/referrer/me', { as: 'usr_zach' });
  expect(body.created_at).toBe('2025-06-15T00:00:00.000Z');
});

describe('validate referral code', () => {
  test('needs no key, and tells the first name, the referred user’s credit and the tier', async () => {
    for (const path of [`/v1/referrer/code/${code}`, `/api/v1/referrer/code/${code.toLowerCase()}`]) {
      const { status, body } = await api.get(path);
      expect(status).toBe(200);
      expect(body).toEqual({ valid: true, code, referrer_name: 'Zach', credit_amount_cents: 2000, tier: 'starter' });
    }
  });

  test('is 404 if the code does not exist', async () => {
    const { status, body } = await api.get('/v1/referrer/code/nobody99');
    expect([status, body.code]).toEqual([404, 'unknown_code']);
  });

  test('names a referrer without a name by a masked address', async () => {
    await story.signUp('usr_anon', 'anonymous@anon.example');
    const { body } = await api.get(`/v1/referrer/code/${await service.codeOf('usr_anon')}`);
    expect(body.referrer_name).toBe('ano***');
  });

  test('is {"valid": false} if the code is suspended', async () => {
    await story.signUp('usr_bad', 'bad@bad.example');
    const bad = await service.codeOf('usr_bad');
    await service.admin('PATCH', `/codes/${bad}?program=hanzo`, { suspended: true });
    const { status, body } = await api.get(`/v1/referrer/code/${bad}`);
    expect([status, body]).toEqual([200, { valid: false }]);
    const claim = await api.post('/v1/referral/claim', { as: 'usr_of_bad', body: { code: bad } });
    expect([claim.status, claim.body.status, claim.body.credit_cents]).toEqual([200, 'denied', 0]);
  });
});

describe('claim referral', () => {
  const claim = (as: string, given: string, claims: object = {}) =>
    api.post('/v1/referral/claim', { as, claims: { email: `${as}@${as}.example`, ...claims }, body: { code: given } });

  test('credits the referred user immediately', async () => {
    const { status, body } = await claim('usr_ann', code);
    expect(status).toBe(200);
    expect(body).toEqual(shapeOf(samples.HANZO_CLAIM));
    const { id } = (await api.get('/v1/referrer/me', { as: 'usr_zach' })).body;
    expect(body).toMatchObject({ code, referrer_id: id, referred_user_id: 'usr_ann', credit_cents: 2000 });
    expect([body.status, body.id.slice(0, 6)]).toEqual(['credited', 'claim_']);
    expect(await story.balanceOf('usr_ann')).toBe(2000);
  });

  test('repeated, returns the first and credits nobody again', async () => {
    const first = (await claim('usr_ben', code)).body;
    for (const path of ['/v1/referral/claim', '/api/v1/referral/claim']) {
      const again = await api.post(path, { as: 'usr_ben', body: { code: code.toUpperCase() } });
      expect([again.status, again.body]).toEqual([200, first]);
    }
    expect(await story.balanceOf('usr_ben')).toBe(2000);
  });

  test('of an unknown code is 404', async () => {
    const { status, body } = await claim('usr_cat', 'nobody99');
    expect([status, body.code]).toEqual([404, 'unknown_code']);
  });

  test('of one’s own code is denied, and stays the same claim', async () => {
    const { status, body } = await claim('usr_zach', code);
    expect([status, body.status, body.credit_cents, body.referred_user_id]).toEqual([200, 'denied', 0, 'usr_zach']);
    expect((await claim('usr_zach', code)).body.id).toBe(body.id);
    expect(await story.balanceOf('usr_zach')).toBe(0);
  });

  test('of a second code is denied, and the first stands', async () => {
    await claim('usr_dan', code);
    await story.signUp('usr_other', 'other@other.example');
    const { status, body } = await claim('usr_dan', await service.codeOf('usr_other'));
    expect([status, body.status]).toEqual([200, 'denied']);
    expect((await claim('usr_dan', code)).body.status).toBe('credited');
    expect(await story.balanceOf('usr_dan')).toBe(2000);
  });

  test('by a colleague of the same organization is denied', async () => {
    await story.signUp('usr_boss', 'boss@boss.example', { org_id: 'org_1' });
    const theirs = await service.codeOf('usr_boss');
    expect((await claim('usr_colleague', theirs, { org_id: 'org_1' })).body.status).toBe('denied');
    expect((await claim('usr_stranger', theirs, { org_id: 'org_2' })).body.status).toBe('credited');
    await story.signUp('usr_hired', 'hired@hired.example', { org_id: 'org_1', referral_code: theirs });
    expect(await story.rewardsOf('usr_hired')).toEqual([]);
  });

  test('is pending while the address is not verified, and credited once it is', async () => {
    await story.signUp('usr_eve', 'eve@eve.example', { email_verified: false });
    const { body } = await claim('usr_eve', code, { email: 'eve@eve.example' });
    expect([body.status, body.credit_cents]).toEqual(['pending', 2000]);
    await story.tell(['member.updated', { member_id: 'usr_eve', email_verified: true }]);
    const again = (await claim('usr_eve', code, { email: 'eve@eve.example' })).body;
    expect(again).toEqual({ ...body, status: 'credited' });
  });

  test('after a signup that brought the code already, returns that referral', async () => {
    await story.signUp('usr_fay', 'fay@fay.example', { referral_code: code });
    const { body } = await claim('usr_fay', code, { email: 'fay@fay.example' });
    expect([body.status, body.credit_cents]).toEqual(['credited', 2000]);
    expect(await story.balanceOf('usr_fay')).toBe(2000);
  });

  test('without a code is refused with its field', async () => {
    const { status, body } = await api.post('/v1/referral/claim', { as: 'usr_zach', body: {} });
    expect([status, body.errors[0].field]).toEqual([422, 'code']);
  });
});

describe('authentication', () => {
  test.each([
    ['post', '/v1/referrer'],
    ['get', '/v1/referrer/me'],
    ['post', '/v1/referral/claim'],
    ['get', '/api/v1/referrer/me'],
  ] as const)('%s %s without a credential, or with a bad one, is 401', async (method, path) => {
    expect((await api[method](path)).status).toBe(401);
    expect((await api[method](path, { token: 'junk' })).status).toBe(401);
  });

  test('a server key acts for the member whom it names', async () => {
    const { body } = await service.admin('POST', '/programs/hanzo/keys', {
      name: 'commerce',
      scopes: ['members:read', 'members:write'],
    });
    const headers = { 'Plusone-Member': 'usr_zach' };
    const profile = await api.get('/v1/referrer/me', { token: body.key, headers });
    expect([profile.status, profile.body.code]).toEqual([200, code]);
  });

  test('the paths stand at the root of the program’s host, too', async () => {
    for (const path of [`/v1/referrer/code/${code}`, `/api/v1/referrer/code/${code}`]) {
      const { status, body } = await request(service.app).get(path).set('Host', 'api.hanzo.test');
      expect([status, body.valid]).toEqual([200, true]);
    }
  });

  test('the paths are not there in a program that does not name the dialect', async () => {
    expect((await api.get('/v1/developers/referrals', { as: 'usr_zach' })).status).toBe(404);
    expect((await api.get('/api/v1/referrals/code', { as: 'usr_zach' })).status).toBe(404);
  });
});
