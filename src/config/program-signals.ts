/**
 * The fraud signals that a program file may name: one line each, with what it can be told.
 * Promises: a signal that is not named does not run, but nobody refers themselves: the same member or address is always
 * denied. Must never: know how a signal decides; that is src/fraud/signals, whose registry says which are built.
 */
import * as z from 'zod';
import type { SignalConfig, Then } from '../model/program.ts';
import { duration, durationOrNever, endpointUrl, hostname, percent, text, whole } from './program-scalars.ts';

const THEN = ['flag', 'hold', 'deny', 'suspend'] as const;
const MATCHES = ['member', 'email', 'email_domain', 'ip', 'subnet', 'fingerprint', 'instrument'] as const;
type Match = (typeof MATCHES)[number];

/** What always counts as the same person (plus tags, Gmail dots and case apart). */
const SAME_PERSON: readonly Match[] = ['member', 'email'];

type Params = Readonly<Record<string, z.ZodType>>;

/** Description, and the parameters beside `then`. */
const SIGNALS = {
  self_referral: [
    'referrer and referee look like one person; the same member or e-mail address is denied always',
    {
      match: matches(MATCHES)
        .optional()
        .describe(
          'by what they may match besides; then says what follows that, at most hold where only a subnet matches, or an address at which others sign up, too',
        ),
    },
  ],
  velocity: [
    'more first payments for one referrer, within a time, than pass by themselves',
    {
      first_payments: whole(1, 100_000).describe('how many first payments pass'),
      within: duration().describe('in how long a time, by the time of the payments'),
    },
  ],
  same_ip: [
    'the signup came from an address that the referrer or another of their referees has used; holds at most',
    {},
  ],
  email_domain: ['referrer and referee share an e-mail domain that is no public mailbox', {}],
  disposable_email: ['the address is of a throw-away mailbox', {}],
  domain_age: [
    'the e-mail domain was registered only lately',
    {
      rdap_url: endpointUrl().describe('RDAP service that is asked; without it the signal cannot run'),
      younger_than: duration().prefault('30d').describe('what counts as lately'),
    },
  ],
  duplicate_account: [
    'the referee is somebody who has an account already',
    {
      match: matches(['email', 'ip', 'subnet', 'fingerprint', 'instrument'])
        .prefault(['email', 'fingerprint', 'instrument'])
        .describe('by what the accounts may match'),
    },
  ],
  existing_customer: ['the referee had paid before anybody referred them', {}],
  click_fraud: [
    'many clicks on the links of one member come from few networks',
    {
      clicks: whole(1, 1_000_000).prefault(100).describe('how many clicks of one network pass'),
      within: duration().prefault('1h').describe('in how long a time'),
    },
  ],
  fake_accounts: [
    'too many of a referrer’s referees never qualify',
    {
      at_least: whole(1, 100_000).prefault(10).describe('from how many referees on it is looked at'),
      qualified_below: percent().prefault('10%').describe('what part of them has to qualify'),
    },
  ],
  credit_cycling: [
    'referees use up credits and never pay',
    {
      at_least: whole(1, 100_000).prefault(10).describe('from how many referees on it is looked at'),
      within: duration().prefault('30d').describe('how long they have to pay'),
      paying_below: percent().prefault('10%').describe('what part of them has to pay'),
    },
  ],
  refund_rate: [
    'too much of what a referrer’s referees paid is paid back',
    {
      at_least: whole(1, 100_000).prefault(5).describe('from how many payments on it is looked at'),
      above: percent().prefault('30%').describe('what part may be paid back'),
      within: duration().prefault('90d').describe('over how long a time'),
    },
  ],
  ring: [
    'members refer each other in a circle, or share one card or device',
    {
      length: whole(2, 10).prefault(5).describe('how long a circle is looked for'),
      shared_by: whole(2, 50).prefault(3).describe('so many others at one card or device are a ring, too'),
    },
  ],
  early_fraud_warning: ['the payment provider says that the payment is probably fraud', {}],
  country: [
    'the signup came from a country that does not take part',
    { allow: countries().describe('only these, if any'), deny: countries().describe('all but these') },
  ],
  network: [
    'the signup came from a network that people do not sit in',
    {
      kinds: z
        .array(z.enum(['hosting', 'proxy', 'vpn', 'tor']))
        .min(1)
        .prefault(['hosting', 'tor'])
        .describe('which networks; vpn alone holds at most'),
      asns: z.array(whole(1, 4_294_967_295)).prefault([]).describe('autonomous systems, by number'),
    },
  ],
} as const satisfies Readonly<Record<string, readonly [description: string, params: Params]>>;

export const networksSchema = z
  .union([
    z.strictObject({
      list: text(1_000).describe('a file of lines `network,country,asn,kind` or `first,last,country,asn,kind`'),
      fresh_for: durationOrNever().prefault('90d').describe('an older file is stale: whoever signs up is held'),
    }),
    z.strictObject({
      url: endpointUrl().describe('a service that is asked for <url>/<address> and answers JSON: country, asn, kinds'),
    }),
  ])
  .optional()
  .describe('where the network of an address is looked up, for the signals country and network');

export const mailboxesSchema = z
  .strictObject({
    disposable: z.array(hostname()).prefault([]).describe('throw-away mailboxes, too'),
    public: z.array(hostname()).prefault([]).describe('anybody gets a mailbox there, too: sharing one says nothing'),
    trusted: z.array(hostname()).prefault([]).describe('neither, whatever the lists say'),
  })
  .optional()
  .describe('e-mail domains that the lists of the installed version do not know, or have wrong');

type SignalName = keyof typeof SIGNALS;

function matches<const M extends Match>(known: readonly M[]) {
  return z.array(z.enum(known)).min(1, 'must name at least one');
}

function countries() {
  return z.array(z.string().regex(/^[A-Z]{2}$/, 'must be a country code such as SG')).prefault([]);
}

function signal(name: SignalName) {
  const [description, params]: readonly [string, Params] = SIGNALS[name];
  const then = z
    .enum(THEN)
    .prefault(name === 'self_referral' ? 'deny' : 'hold')
    .describe('what follows');
  const full: z.ZodType = z.strictObject({ then, ...params });
  // The short form, `same_ip: hold`, is for signals whose parameters all have defaults.
  const short = z
    .enum(THEN)
    .transform((then): unknown => ({ then }))
    .pipe(full);
  return z.union([short, full]).optional().describe(description);
}

const NAMES = Object.keys(SIGNALS) as SignalName[];

export const fraudSchema = z.strictObject(Object.fromEntries(NAMES.map((name) => [name, signal(name)])));

/** As the engine wants them: in the order of the table above, parameters in camel case, durations in ms. */
export function signalConfigs(fraud: Readonly<Record<string, unknown>>): SignalConfig[] {
  const always: SignalConfig = { name: 'self_referral', then: 'deny', params: { match: SAME_PERSON } };
  const named = Object.entries(fraud).flatMap(([name, given]) => {
    if (given === undefined) return [];
    const { then, ...params } = given as { readonly then: Then; readonly match?: unknown };
    return name === 'self_referral' ? selfReferral(then, params.match) : [{ name, then, params: engineParams(params) }];
  });
  return [always, ...named];
}

/** The rule that stands always is not weakened by naming it again: what is named comes beside it. */
function selfReferral(then: Then, match: unknown): SignalConfig[] {
  const named = (match as readonly Match[] | undefined) ?? SAME_PERSON;
  const addsNothing = then !== 'suspend' && named.every((by) => SAME_PERSON.includes(by));
  return addsNothing ? [] : [{ name: 'self_referral', then, params: { match: named } }];
}

const DURATIONS = ['within', 'younger_than'];

function engineParams(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const camel = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      return [DURATIONS.includes(name) ? `${camel}Ms` : camel, value];
    }),
  );
}
