/**
 * The dialects to the letter: each endpoint that a seed writes out, by every path it is shown under, with the sample
 * answer of the seed itself. Promises: the same fields, no more and no less, of the same types and forms; and each way
 * of asking wrongly is answered as documented.
 */
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as samples from '../support/dialect-samples.ts';
import { tokenFor } from '../support/member.ts';
import { Story } from '../support/referrals.ts';
import { MEMBER_JWT_SECRET, TestService } from '../support/service.ts';

interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** `:code` stands for the code of the member who asks. */
  readonly paths: readonly string[];
  readonly body?: object;
  readonly status?: number;
  /** The seed's own JSON; where it has none, what its users would expect. */
  readonly sample: unknown;
  /** Needs no credential. */
  readonly isOpen?: true;
  /** Who asks; `zach`, who has referred somebody, unless told otherwise. */
  readonly as?: string;
}

const both = (path: string) => [path, `/api${path}`];
const HANZO: readonly Endpoint[] = [
  {
    method: 'post',
    paths: both('/v1/referrer'),
    body: { channel: 'twitter', campaign: 'launch-week-2026' },
    sample: samples.HANZO_REFERRER,
  },
  {
    method: 'get',
    paths: both('/v1/referrer/me'),
    sample: samples.HANZO_PROFILE,
  },
  {
    method: 'get',
    paths: both('/v1/referrer/code/:code'),
    isOpen: true,
    sample: { valid: true, code: 'zach42', referrer_name: 'Zach', credit_amount_cents: 2000, tier: 'pro' },
  },
  {
    method: 'post',
    paths: both('/v1/referral/claim'),
    body: { code: ':code' },
    as: 'friend',
    sample: samples.HANZO_CLAIM,
  },
];

const BUYWHERE: readonly Endpoint[] = [
  {
    method: 'post',
    paths: ['/v1/developers/referral-code'],
    sample: samples.BUYWHERE_CODE,
  },
  {
    method: 'get',
    paths: ['/v1/developers/referrals'],
    sample: {
      total_referrals: 12,
      credits_earned: 6000,
      referrals: [
        {
          developer_id: 'dev_def456',
          email: 'use***@domain.com',
          status: 'signed_up',
          reason: null,
          credits_earned: 500,
          credits_vesting: 500,
          created_at: '2026-04-01T10:00:00Z',
          completed_at: '2026-04-01T10:00:00Z',
          credits: [samples.BUYWHERE_CREDIT],
        },
      ],
      next_cursor: null,
    },
  },
  {
    method: 'post',
    paths: ['/v1/developers/signup'],
    status: 201,
    isOpen: true,
    body: {
      email: 'newdev@newdev.example',
      password: 'secure-password',
      name: 'New Developer',
      referral_code: ':code',
    },
    sample: samples.BUYWHERE_SIGNUP,
  },
  {
    method: 'get',
    paths: ['/v1/developers/referral-stats'],
    sample: {
      referral_code: 'ALICE2024',
      referral_url: 'https://api.buywhere.ai/signup?ref=ALICE2024',
      uses_count: 12,
      total_referrals: 12,
      pending_referrals: 0,
      active_referrals: 3,
      referrals_last_30_days: 4,
      last_referral_at: '2026-04-01T10:00:00Z',
      credits_earned: 6000,
      credits_earned_last_30_days: 2000,
      credits_vesting: 1000,
      credits_used: 1200,
      credits_available: 3800,
      by_reason: { referral_signup: { count: 12, credits: 6000 } },
    },
  },
  {
    method: 'delete',
    paths: ['/v1/developers/referral-code'],
    sample: samples.BUYWHERE_REVOKED,
  },
];

const sent = (email: string) => ({ email, success: true, message: 'Email sent successfully' });
const KORTIX: readonly Endpoint[] = [
  { method: 'get', paths: both('/v1/referrals/code'), sample: { referral_code: 'ABC123XYZ' } },
  {
    method: 'post',
    paths: both('/v1/referrals/send'),
    body: { email: 'friend@friend.example' },
    sample: { success: true, message: 'Referral email sent successfully' },
  },
  {
    method: 'post',
    paths: both('/v1/referrals/send-bulk'),
    body: { emails: ['a@friend.example', 'b@friend.example', 'c@friend.example'] },
    sample: {
      success: true,
      message: 'Successfully sent 3 out of 3 emails',
      results: [sent('[email protected]'), sent('[email protected]'), sent('[email protected]')],
      success_count: 3,
      total_count: 3,
    },
  },
  {
    method: 'get',
    paths: both('/v1/referrals/stats'),
    sample: samples.KORTIX_STATS,
  },
  {
    method: 'get',
    paths: both('/v1/referrals/history?limit=50&offset=0'),
    sample: [
      {
        referred_account_id: 'user-uuid-1',
        referred_at: '2024-01-15T10:30:00Z',
        status: 'successful',
        credits_awarded: 100,
      },
    ],
  },
  {
    method: 'post',
    paths: both('/v1/referrals/validate'),
    body: { code: ':code' },
    sample: { valid: true, referrer_id: 'user-uuid' },
  },
  {
    method: 'post',
    paths: both('/v1/referrals/refresh'),
    sample: samples.KORTIX_REFRESHED,
  },
];

/** What any answer like the sample looks like: the same keys; texts of the form that the sample's have. */
function formOf(sample: unknown): unknown {
  if (Array.isArray(sample)) return sample.map(formOf);
  if (typeof sample === 'object' && sample !== null)
    return Object.fromEntries(Object.entries(sample).map(([key, value]) => [key, formOf(value)]));
  if (typeof sample === 'number') return Number.isInteger(sample) ? expect.any(Number) : expect.closeTo(sample);
  if (typeof sample !== 'string') return typeof sample === 'boolean' ? expect.any(Boolean) : null;
  if (/^\d{4}-\d\d-\d\dT/.test(sample)) return expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  if (sample.startsWith('https://')) return expect.stringContaining(sample.replace(/=.*/, '='));
  const prefix = /^(ref|claim|rc|bw_live)_/.exec(sample)?.[0];
  return prefix ? expect.stringMatching(new RegExp(`^${prefix}[0-9A-Za-z_-]+$`)) : expect.stringMatching(/./);
}

const all = [
  ...HANZO.map((each) => ['hanzo', each] as const),
  ...BUYWHERE.map((each) => ['buywhere', each] as const),
  ...KORTIX.map((each) => ['kortix', each] as const),
].map(([program, each]) => [program, each.method.toUpperCase(), each.paths[0] ?? '', each] as const);

const services = new Map<string, TestService>();
const codes = new Map<string, string>();
beforeAll(async () => {
  for (const program of ['hanzo', 'buywhere', 'kortix']) {
    const service = await TestService.start({ program });
    const story = await Story.of(service);
    await story.signUp('zach', 'zach@zach.example', { name: 'Zach' });
    const code = await service.codeOf('zach');
    await story.signUp('bob', 'robert@bob.example', { referral_code: code });
    services.set(program, service);
    codes.set(program, code);
  }
}, 60_000);
afterAll(async () => {
  for (const service of services.values()) await service.stop();
});

const TOKEN = 'Authorization';
async function ask(
  program: string,
  each: Endpoint,
  path: string,
  headers: Record<string, string> = {},
  body?: object | string,
) {
  const service = services.get(program);
  if (!service) throw new Error(`no ${program}`);
  const filled = (text: string) => text.replaceAll(':code', codes.get(program) ?? '');
  const call = request(service.app)
    [each.method](`/p/${program}${filled(path)}`)
    .set(headers);
  if (typeof body === 'string') call.set('Content-Type', 'application/json').send(body);
  else if (body) call.send(JSON.parse(filled(JSON.stringify(body))));
  return await call;
}
const bearer = async (as = 'zach') => ({ [TOKEN]: `Bearer ${await tokenFor(as, {}, MEMBER_JWT_SECRET)}` });
const refusal = ({ status, type, body }: Response) => [status, type, body.code];
const PROBLEM = 'application/problem+json';

const closed = all.filter(([, , , each]) => !each.isOpen);
const reading = all.filter(([, , , each]) => each.body);

describe.each(closed)('%s: %s %s', (program, _method, _path, each) => {
  test('without a credential, or with one that is none, is 401', async () => {
    const foreign = await tokenFor('zach', {}, 'a-secret-of-somebody-else-0123456');
    for (const given of [undefined, 'Bearer', 'Bearer junk', 'Basic emFjaDp6', `Bearer ${foreign}`]) {
      for (const path of each.paths) {
        const answer = await ask(program, each, path, given ? { [TOKEN]: given } : {}, each.body);
        expect(refusal(answer)).toEqual([401, PROBLEM, 'unauthorized']);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
  });
});

describe.each(reading)('%s: %s %s', (program, _method, path, each) => {
  test('with a body that is no JSON, no object, or wrong in a field, is refused, with the field', async () => {
    const headers = each.isOpen ? {} : await bearer(each.as);
    const send = (body: object | string) => ask(program, each, path, headers, body);
    expect(refusal(await send('{"code":'))).toEqual([400, PROBLEM, 'not_parseable']);
    for (const wrong of ['[]', '7', '"x"', 'null']) {
      const answer = await send(wrong);
      expect([wrong, [400, 422].includes(answer.status), answer.type]).toEqual([wrong, true, PROBLEM]);
    }
    for (const field of Object.keys(each.body ?? {})) {
      const answer = await send({ ...each.body, [field]: { no: 'text' } });
      expect(refusal(answer)).toEqual([422, PROBLEM, 'invalid_request']);
      expect(answer.body.errors[0].field).toBe(field);
    }
  });
});

describe.each(all)('%s: %s %s', (program, method, first, each) => {
  test('by a method that is not there is 405 and says which are', async () => {
    const { status, headers } = await ask(program, { ...each, method: 'put' }, first);
    expect([status, headers.allow?.includes(method)]).toEqual([405, true]);
  });

  test('answers as the documentation shows it, by every path', async () => {
    for (const [index, path] of each.paths.entries()) {
      const headers = each.isOpen ? {} : await bearer(each.as);
      const body = JSON.parse(JSON.stringify(each.body ?? null).replaceAll('@friend', `@friend${index}`)) ?? undefined;
      const { status, type, body: answered } = await ask(program, each, path, headers, body);
      expect([path, status, type]).toEqual([path, each.status ?? 200, 'application/json']);
      expect(answered).toEqual(formOf(each.sample));
    }
  });
});
