/**
 * Our verification beside the official packages: what they accept of a genuine sender we accept, and where they are
 * too strict or too lax the difference is named here.
 */
import { createHmac } from 'node:crypto';
import { Environment, Paddle } from '@paddle/paddle-node-sdk';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Provider } from '../../src/model/provider.ts';
import { clerk } from '../../src/providers/clerk.ts';
import { paddle } from '../../src/providers/paddle.ts';
import { standard } from '../../src/providers/standard.ts';
import { stripe } from '../../src/providers/stripe.ts';
import { type Headers, secretFor, signClerk, signPaddle, signStandard, signStripe } from '../support/sign.ts';
import { sourceOf } from './fixtures.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const BODY = '{"id":"evt_1","type":"some.event","name":"Žofie 😀"}';
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

function accepts(
  provider: Provider,
  headers: Record<string, string | string[]>,
  secrets: string[],
  body = BODY,
): boolean {
  return provider.verify({ raw: Buffer.from(body), headers }, sourceOf(provider, secrets), NOW).ok;
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Stripe', () => {
  const secret = secretFor('stripe', 'stripe secret');
  const header = (headers: Headers) => headers['stripe-signature'] ?? '';

  test('signs as the SDK does, and takes what the SDK signs', () => {
    const theirs = Stripe.webhooks.generateTestHeaderString({ payload: BODY, secret, timestamp: NOW.getTime() / 1000 });
    expect(header(signStripe(BODY, secret, NOW))).toBe(theirs);
    expect(accepts(stripe, { 'stripe-signature': theirs }, [secret])).toBe(true);
  });

  test.each([
    ['a wrong v1 beside the right one', (right: string) => `${right},v1=potato`, true],
    ['a wrong v1 before the right one', (right: string) => right.replace(',v1=', ',v1=potato,v1='), true],
    ['only the test-mode scheme v0', (right: string) => right.replace('v1=', 'v0='), false],
    ['upper-case hex', (right: string) => right.replace(/v1=.*/, (part) => `v1=${part.slice(3).toUpperCase()}`), false],
    ['half of a signature', (right: string) => right.slice(0, -32), false],
    ['no timestamp', (right: string) => right.replace(/t=\d+,/, ''), false],
    ['a timestamp that is no number', (right: string) => right.replace(/t=\d+/, 't=now'), false],
  ])('agrees with the SDK on %s', (_, change, expected) => {
    const changed = change(header(signStripe(BODY, secret, NOW)));
    expect(accepts(stripe, { 'stripe-signature': changed }, [secret])).toBe(expected);
    expect(sdkAccepts(changed)).toBe(expected);
  });

  test('is stricter than the SDK: no future, one timestamp, exactly the bytes that were signed', () => {
    const future = header(signStripe(BODY, secret, ago(-3600)));
    expect([accepts(stripe, { 'stripe-signature': future }, [secret]), sdkAccepts(future)]).toEqual([false, true]);
    const twice = `t=1,${header(signStripe(BODY, secret, NOW))}`;
    expect([accepts(stripe, { 'stripe-signature': twice }, [secret]), sdkAccepts(twice)]).toEqual([false, true]);
    const marked = `\uFEFF${BODY}`;
    expect([
      accepts(stripe, signStripe(BODY, secret, NOW), [secret], marked),
      sdkAccepts(header(signStripe(BODY, secret, NOW)), marked),
    ]).toEqual([false, true]);
  });

  function sdkAccepts(value: string, body = BODY): boolean {
    try {
      Stripe.webhooks.constructEvent(Buffer.from(body), value, secret);
      return true;
    } catch {
      return false;
    }
  }
});

describe('Paddle', () => {
  const secret = secretFor('paddle', 'paddle secret');
  const sdk = new Paddle('no_key_needed', { environment: Environment.sandbox });
  const header = (headers: Headers) => headers['paddle-signature'] ?? '';
  const sdkAccepts = (value: string) => sdk.webhooks.isSignatureValid(BODY, secret, value);

  test('takes all that the SDK takes, and refuses a wrong secret like it', async () => {
    for (const signed of [
      signPaddle(BODY, secret, NOW),
      signPaddle(BODY, secret, ago(5)),
      signPaddle(BODY, secret, ago(-60)),
    ]) {
      expect([accepts(paddle, signed, [secret]), await sdkAccepts(header(signed))]).toEqual([true, true]);
    }
    const wrong = signPaddle(BODY, 'pdl_ntfset_other', NOW);
    expect([accepts(paddle, wrong, [secret]), await sdkAccepts(header(wrong))]).toEqual([false, false]);
  });

  test('trap: the SDK drops all but the last h1; here any h1 counts while a secret is rotated, and so does one of a minute ago', async () => {
    const right = header(signPaddle(BODY, secret, NOW));
    const rotated = `${right};h1=${'0'.repeat(64)}`;
    expect([accepts(paddle, { 'paddle-signature': rotated }, [secret]), await sdkAccepts(rotated)]).toEqual([
      true,
      false,
    ]);
    const late = signPaddle(BODY, secret, ago(60));
    expect([accepts(paddle, late, [secret]), await sdkAccepts(header(late))]).toEqual([true, false]);
  });

  test.each(['ts=;h1=', 'h1=abc', 'ts=1777636800', 'ts=abc;h1=abc', ';;;', 'ts=1;ts=2;h1=a'])(
    'refuses the header %s',
    (value) => {
      expect(accepts(paddle, { 'paddle-signature': value }, [secret])).toBe(false);
    },
  );
});

describe('Standard Webhooks', () => {
  const secret = secretFor('standard', 'standard secret');
  const other = secretFor('standard', 'another secret');

  test('signs as the package does, and takes what the package signs', () => {
    const theirs = new Webhook(secret).sign('msg_1', NOW, BODY);
    const ours = signStandard(BODY, secret, 'msg_1', NOW);
    expect(ours['webhook-signature']).toBe(theirs);
    expect(accepts(standard, ours, [secret])).toBe(true);
    expect(accepts(standard, ours, [secret.replace('whsec_', '')])).toBe(true);
  });

  const right = (at = NOW) => signStandard(BODY, secret, 'msg_1', at);
  const signature = right()['webhook-signature'] ?? '';
  test.each<[string, Headers, boolean]>([
    ['the right signature', right(), true],
    [
      'the right one among others',
      { ...right(), 'webhook-signature': `v1,AAAA v2,${signature.slice(3)} ${signature}` },
      true,
    ],
    [
      'the right one under another version',
      { ...right(), 'webhook-signature': signature.replace('v1,', 'v2,') },
      false,
    ],
    ['an asymmetric signature only', { ...right(), 'webhook-signature': signature.replace('v1,', 'v1a,') }, false],
    ['half of it', { ...right(), 'webhook-signature': signature.slice(0, 20) }, false],
    ['an empty one', { ...right(), 'webhook-signature': 'v1,' }, false],
    ['another id', { ...right(), 'webhook-id': 'msg_2' }, false],
    ['another time', { ...right(), 'webhook-timestamp': '1777636801' }, false],
    ['a time that is no number', { ...right(), 'webhook-timestamp': 'hello' }, false],
    ['five minutes ago', right(ago(300)), true],
    ['a second more than that', right(ago(301)), false],
    ['in five minutes', right(ago(-300)), true],
    ['a second more', right(ago(-301)), false],
    ['another secret', signStandard(BODY, other, 'msg_1', NOW), false],
    ['the names of Svix', signClerk(BODY, secret, 'msg_1', NOW), false],
  ])('agrees with the package on %s', (_, headers, expected) => {
    expect(accepts(standard, headers, [secret])).toBe(expected);
    expect(packageAccepts(headers)).toBe(expected);
  });

  test('Clerk is known by svix-* and by webhook-* names, never by a mixture', () => {
    const svix = signClerk(BODY, secret, 'msg_1', NOW);
    expect(accepts(clerk, svix, [secret])).toBe(true);
    expect(accepts(clerk, right(), [secret])).toBe(true);
    const { 'svix-signature': _, ...unsigned } = svix;
    expect(accepts(clerk, { ...unsigned, 'webhook-signature': signature }, [secret])).toBe(false);
  });

  test('trap: svix 1.x takes whsec_ for a secret, which is the empty key: here nobody opens anything with it', () => {
    const empty = { ...signClerk(BODY, `whsec_${Buffer.alloc(32).toString('base64')}`, 'msg_1', NOW) };
    const stamp = empty['svix-timestamp'];
    const forged = createHmac('sha256', '').update(`msg_1.${stamp}.`).update(BODY).digest('base64');
    const headers = { ...empty, 'svix-signature': `v1,${forged}` };
    for (const given of ['whsec_', '', ' ']) expect(accepts(clerk, headers, [given])).toBe(false);
    expect(accepts(clerk, headers, ['whsec_', secret])).toBe(false);
  });

  test.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['whsec_', 'is only the prefix whsec_'],
    ['whsec_not base64!', 'is not base64'],
    ['my-own-password', 'is not base64'],
    ['whsec_c2hvcnQ=', 'is shorter than 8 bytes'],
    ['whsec_bG9uZyBlbm91Z2g=', undefined],
  ])('the secret "%s" is told apart before anyone relies on it', (text, reason) => {
    expect(standard.refuseSecret(text)).toBe(reason);
    expect(clerk.refuseSecret(text)).toBe(reason);
  });

  function packageAccepts(headers: Headers): boolean {
    try {
      new Webhook(secret).verify(BODY, headers);
      return true;
    } catch {
      return false;
    }
  }
});
