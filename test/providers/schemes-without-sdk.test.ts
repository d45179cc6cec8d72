/**
 * Schemes whose packages we do not have: what their senders publish as examples must pass, and what comes near must not.
 */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Provider } from '../../src/model/provider.ts';
import { auth0 } from '../../src/providers/auth0.ts';
import { lemonsqueezy } from '../../src/providers/lemonsqueezy.ts';
import { logto } from '../../src/providers/logto.ts';
import { polar } from '../../src/providers/polar.ts';
import { standard } from '../../src/providers/standard.ts';
import { stripe } from '../../src/providers/stripe.ts';
import { supabase } from '../../src/providers/supabase.ts';
import { workos } from '../../src/providers/workos.ts';
import {
  bearer,
  type Headers,
  signLogto,
  signPolar,
  signStandard,
  signSupabaseHook,
  signWorkos,
} from '../support/sign.ts';
import { sourceOf } from './fixtures.ts';

/** The second at which the published examples were signed. */
const NOW = new Date(1614265330_000);
const BODY = '{"id":"evt_1","type":"some.event","name":"Žofie 😀"}';
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

function accepts(provider: Provider, headers: Headers, secret: string, body = BODY): boolean {
  return provider.verify({ raw: Buffer.from(body), headers }, sourceOf(provider, [secret]), NOW).ok;
}

describe('WorkOS', () => {
  const secret = 'workos_secret';
  const right = signWorkos(BODY, secret, NOW)['workos-signature'] ?? '';

  test.each<[string, string, boolean]>([
    ['the right one', right, true],
    ['without the space after the comma', right.replace(', ', ','), true],
    ['a wrong v1 beside the right one', `${right}, v1=99999`, true],
    ['an empty v1', right.replace(/v1=.*/, 'v1='), false],
    ['half of a v1', right.slice(0, -32), false],
    ['two times', `${right}, t=1`, false],
    ['a time that is no number', right.replace(/t=\d+/, 't=now'), false],
    ['seconds where milliseconds belong', right.replace(/t=(\d+)000/, 't=$1'), false],
    ['four minutes old, which the SDK refuses', signWorkos(BODY, secret, ago(240))['workos-signature'] ?? '', true],
    ['six minutes old', signWorkos(BODY, secret, ago(360))['workos-signature'] ?? '', false],
    ['six minutes ahead, which the SDK takes', signWorkos(BODY, secret, ago(-360))['workos-signature'] ?? '', false],
  ])('a signature: %s', (_, header, expected) => {
    expect(accepts(workos, { 'workos-signature': header }, secret)).toBe(expected);
  });
});

describe('Logto', () => {
  test.each([
    ['{"bar":"bar","foo":"foo"}', '436958f1dbfefab37712fb3927760490fbf7757da8c0b2306ee7b485f0360eee'],
    ['{}', 'c76356efa19d219d1d7e08ccb20b1d26db53b143156f406c99dcb8e0876d6c55'],
  ])('takes its published example %s, bare and with sha256= before it', (body, signature) => {
    expect(accepts(logto, { 'logto-signature-sha-256': signature }, 'foo', body)).toBe(true);
    expect(accepts(logto, { 'logto-signature-sha-256': `sha256=${signature}` }, 'foo', body)).toBe(true);
    expect(accepts(logto, { 'logto-signature-sha-256': `sha1=${signature}` }, 'foo', body)).toBe(false);
    expect(accepts(logto, { 'logto-signature-sha-256': signature }, 'bar', body)).toBe(false);
    expect(signLogto(body, 'foo')).toEqual({ 'logto-signature-sha-256': signature });
  });
});

describe('Lemon Squeezy', () => {
  test('signs the body in hex', () => {
    const signature = createHmac('sha256', 'six_chars').update(BODY).digest('hex');
    expect(accepts(lemonsqueezy, { 'x-signature': signature }, 'six_chars')).toBe(true);
    expect(accepts(lemonsqueezy, { 'x-signature': signature.toUpperCase() }, 'six_chars')).toBe(false);
    expect(
      accepts(lemonsqueezy, { 'x-signature': Buffer.from(signature, 'hex').toString('base64') }, 'six_chars'),
    ).toBe(false);
  });
});

describe('Polar', () => {
  test('takes its published example', () => {
    const headers = {
      'webhook-id': 'test-webhook',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,IFm/WRdxHdJp2FSzGASTKM/zM4x1gkbxzq9RznZzLOw=',
    };
    expect(accepts(polar, headers, 'test-secret', '{"type":"dummy.event","value":"payload"}')).toBe(true);
    expect(accepts(polar, headers, 'test-secret', '{}')).toBe(false);
  });

  test.each([
    ['whsec_', 'is only the prefix whsec_'],
    ['polar_whs_', 'is only the prefix polar_whs_'],
    ['polar_whs_ab cd', 'contains white space'],
    ['polar_whs_not*base64', undefined],
  ])('the secret "%s" is told apart before anyone relies on it', (text, reason) => {
    expect(polar.refuseSecret(text)).toBe(reason);
  });
});

describe('Supabase', () => {
  const hook = 'v1,whsec_aWxpa2VzdXBhYmFzZXZlcnltdWNoYW5kaWhvcGV5b3Vkb3Rvbw==';
  const token = 'a-token-of-the-database-webhook';
  const right = () => signSupabaseHook(BODY, hook, 'msg_1', NOW);

  test('takes either of the signatures that it joins by comma and space', () => {
    const other = signSupabaseHook(BODY, 'v1,whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhlIGhvb2s=', 'msg_1', NOW);
    const ours = right()['webhook-signature'];
    for (const both of [`${ours}, ${other['webhook-signature']}`, `${other['webhook-signature']}, ${ours}`]) {
      expect(accepts(supabase, { ...right(), 'webhook-signature': both }, hook)).toBe(true);
    }
  });

  test('signs as Standard Webhooks do, with the v1, before the secret taken off', () => {
    expect(right()).toEqual(signStandard(BODY, hook.slice('v1,'.length), 'msg_1', NOW));
    expect(accepts(supabase, right(), hook.slice('v1,'.length))).toBe(true);
  });

  test('a key of the hook is no token, and a token is no key', () => {
    expect(accepts(supabase, bearer(token), token)).toBe(true);
    expect(accepts(supabase, bearer(hook), hook)).toBe(false);
    expect(accepts(supabase, signStandard(BODY, token, 'msg_1', NOW), token)).toBe(false);
    expect(accepts(supabase, { ...bearer(token), 'webhook-signature': 'v1,AAAA' }, token)).toBe(false);
  });

  test.each([
    ['v1,whsec_', 'is only the prefix whsec_'],
    ['v1,', 'is empty'],
    ['v1,whsec_c2hvcnQ=', 'is shorter than 8 bytes'],
    [`${hook}|${hook}`, 'holds several secrets; each belongs on a line of its own'],
    ['v1a,whpk_aaaa:whsk_bbbb', 'is an asymmetric key; only v1,whsec_… can be verified here'],
    ['short', 'is shorter than 16 characters'],
    [hook, undefined],
    [token, undefined],
  ])('the secret "%s" is told apart before anyone relies on it', (text, reason) => {
    expect(supabase.refuseSecret(text)).toBe(reason);
  });
});

describe('a static token (Auth0)', () => {
  const token = 'a-token-of-the-event-stream';

  test.each<[string, string, boolean]>([
    ['Bearer and the token', `Bearer ${token}`, true],
    ['as it was typed', token, true],
    ['bearer in small letters', `bearer  ${token}`, true],
    ['a part of it', `Bearer ${token.slice(0, -1)}`, false],
    ['more than it', `Bearer ${token}x`, false],
    ['another case', `Bearer ${token.toUpperCase()}`, false],
    ['another scheme', `Basic ${token}`, false],
    ['only the scheme', 'Bearer ', false],
  ])('%s', (_, authorization, expected) => {
    expect(accepts(auth0, { authorization }, token)).toBe(expected);
  });

  test.each([
    ['', 'is empty'],
    ['Bearer a-token-of-the-event-stream', 'begins with "Bearer"; only what comes after it belongs here'],
    ['two words and more of them', 'contains white space'],
    ['fifteen-letters', 'is shorter than 16 characters'],
    [token, undefined],
  ])('the token "%s" is told apart before anyone relies on it', (text, reason) => {
    expect(auth0.refuseSecret(text)).toBe(reason);
  });
});

test('trap: whsec_ means three keys: text at Stripe and Polar, base64 in Standard Webhooks, and none opens another', () => {
  const secret = `whsec_${Buffer.from('one secret for three schemes').toString('base64')}`;
  const asText = signPolar(BODY, secret, 'msg_1', NOW);
  const asBase64 = signStandard(BODY, secret, 'msg_1', NOW);
  expect([accepts(polar, asText, secret), accepts(standard, asText, secret)]).toEqual([true, false]);
  expect([accepts(polar, asBase64, secret), accepts(standard, asBase64, secret)]).toEqual([false, true]);
  expect(accepts(stripe, asText, secret)).toBe(false);
});
