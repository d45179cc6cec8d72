/** Programs for tests of the pure core: Claudexia as design 1.5 writes it, with what a test changes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Program } from '../../src/model/program.ts';
import { secretFor } from './sign.ts';

export function claudexia(changes: Partial<Program> = {}): Program {
  return {
    program: 'claudexia',
    name: 'Claudexia',
    language: 'en',
    mode: 'test',
    hosts: [],
    product: {
      homeUrl: 'https://claudexia.tech/',
      signupUrl: 'https://claudexia.tech/',
      supportEmail: 'support@claudexia.tech',
      description: undefined,
      logo: undefined,
      colors: {},
    },
    unit: { kind: 'money', currency: 'usd' },
    code: {
      from: 'random',
      length: 6,
      alphabet: 'ACDEFGHJKMNPQRTUVWXY34679',
      maxUses: undefined,
      onRefresh: 'keep',
      lookup: 'public',
    },
    attribution: { parameter: 'ref', cookieDays: 400, touch: 'last', window: 400 * 86_400_000, late: 30 * 86_400_000 },
    sources: [
      {
        name: 'stripe',
        kind: 'stripe',
        secrets: ['whsec_x'],
        memberFrom: ['metadata.user_id', 'client_reference_id', 'email'],
        codeFrom: [],
      },
      { name: 'app', kind: 'standard', secrets: ['whsec_x'], memberFrom: [], codeFrom: [] },
    ],
    qualify: undefined,
    tiers: [],
    tiersBy: 'qualified',
    rules: [
      {
        name: 'top_up_share',
        to: 'referrer',
        label: 'top_up_share',
        vestsAfter: undefined,
        lifetimeCap: undefined,
        when: 'payment',
        pays: { kind: 'share', share: { kind: 'fixed', rate: 50_000n } },
        of: 'net',
        minimumPayment: 500n,
        kinds: [],
        settle: 'at_once',
      },
    ],
    limits: { onePerEmailDomain: false, exceptPublicMailboxes: true },
    moderation: { twoPersonsAbove: undefined },
    signals: [
      { name: 'self_referral', then: 'deny', params: { match: ['member', 'email'] } },
      { name: 'velocity', then: 'hold', params: { firstPayments: 5, withinMs: 86_400_000 } },
      { name: 'same_ip', then: 'hold', params: {} },
    ],
    rates: {},
    matchWithin: 600_000,
    retention: 'never',
    sink: { kind: 'ledger' },
    spend: undefined,
    members: { signup: 'external', apiKeyPrefix: 'cx_' },
    auth: { jwt: undefined, introspect: undefined, orgClaim: undefined },
    share: {},
    leaderboard: false,
    mails: { news: false, summary: false },
    invites: { perDay: 50, programPerDay: 5000, subject: undefined, text: undefined },
    portal: { frameAncestors: [] },
    api: [],
    ...changes,
  };
}

/** A program of test/stories/programs/ with its variables filled in. */
export function bareProgram(provider: 'stripe' | 'paddle', variables: Readonly<Record<string, string>>): string {
  const file = path.join(import.meta.dirname, '..', 'stories', 'programs', `bare-${provider}.yaml`);
  const all: Readonly<Record<string, string>> = {
    STRIPE_WEBHOOK_SECRET: secretFor('stripe', 'stripe'),
    STRIPE_API_KEY: 'sk_test_1',
    PADDLE_WEBHOOK_SECRET: secretFor('paddle', 'paddle'),
    PADDLE_API_KEY: 'pdl_sdbx_apikey_1',
    ...variables,
  };
  return readFileSync(file, 'utf8').replace(/\$\{(\w+)\}/g, (_, name: string) => all[name] ?? '');
}
