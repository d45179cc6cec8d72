/**
 * Paddle Billing: proves a webhook by Paddle's scheme, and turns transactions, adjustments and customers into facts.
 * Promises: a payment is what was paid in money (`grand_total`), once it is completed. Must never: verify by the Node
 * SDK, which keeps only the last `h1` (a rotation breaks), compares with `===` and allows 5 s; or order by
 * `updated_at`, which is `0001-01-01` on creation.
 */
import type { Normalized } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, email, requiredText, text, timeFromIso } from './json.ts';
import { adjusted } from './paddle-adjustments.ts';
import { DISCOUNT, type Outcome, type PaddleEvent, reader } from './paddle-context.ts';
import { transactionCompleted } from './paddle-payments.ts';
import { codesOf, emailIfListed, serverSetMembers } from './people.ts';
import {
  anyMatches,
  headerOf,
  hmacSha256,
  isFresh,
  opened,
  refused,
  refuseTextSecret,
  unixSeconds,
} from './signatures.ts';

const PREFIXES = ['pdl_ntfset_', 'pdl_ntf_'];
const HANDLERS: Readonly<Record<string, (event: PaddleEvent) => Outcome>> = {
  'transaction.completed': transactionCompleted,
  'adjustment.created': adjusted,
  'adjustment.updated': adjusted,
  'customer.created': customerKnown,
  'customer.updated': customerKnown,
  'subscription.created': subscriptionKnown,
  'discount.created': discountKnown,
  'discount.updated': discountKnown,
};

export const paddle: Provider = {
  kind: 'paddle',
  handles: Object.keys(HANDLERS),
  defaults: {
    memberFrom: ['custom_data.user_id', 'custom_data.member_id', 'email'],
    codeFrom: ['custom_data.ref', 'custom_data.referral_code', DISCOUNT],
  },
  secretPrefixes: PREFIXES,
  refuseSecret: (secret) => refuseTextSecret(secret, PREFIXES),
  verify,
  normalize,
};

/** `ts=<seconds>;h1=<hex>[;h1=…]` over `<ts>:<body>`: any `h1` by any of our secrets. */
function verify({ raw, headers }: InboundRequest, source: SourceConfig, now: Date): Verified {
  const header = headerOf(headers, 'paddle-signature');
  if (header === 'missing') return refused('missing_signature');
  if (header === 'bad') return refused('bad_signature');
  const parts = header.value.split(';').map((part) => part.trim());
  const valuesOf = (key: string) =>
    parts.filter((part) => part.startsWith(`${key}=`)).map((part) => part.slice(key.length + 1));
  const stamps = valuesOf('ts');
  const signedAt = stamps.length === 1 ? unixSeconds(stamps[0]) : undefined;
  if (signedAt === undefined) return refused('bad_signature');
  const expected = source.secrets
    .filter((secret) => paddle.refuseSecret(secret) === undefined)
    .map((secret) => hmacSha256(secret, [`${stamps[0]}:`, raw], 'hex'));
  if (!anyMatches(valuesOf('h1'), expected)) return refused('bad_signature');
  if (!isFresh(signedAt, now)) return refused('stale_timestamp');
  // Not `notification_id`: that is new for each destination and each replay.
  return opened(raw, (body) => ({
    id: text(body.event_id),
    type: body.event_type,
    occurredAt: timeFromIso(body.occurred_at),
  }));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const occurredAt = timeFromIso(at(body, 'occurred_at'));
  const outcome = handle({ occurredAt, data: at(body, 'data'), source }, type);
  // Sandbox and live bodies look the same; they differ only in the endpoint's secret.
  if (typeof outcome === 'string') return { mode: undefined, occurredAt, facts: [], ignored: outcome };
  return { mode: undefined, occurredAt, facts: outcome, ignored: undefined };
}

function handle(event: PaddleEvent, type: string): Outcome {
  // Fees and final figures are there only on completion; both announce the same money.
  if (type === 'transaction.paid') return 'wait_for_completed';
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  return handler ? handler(event) : 'unknown_type';
}

function customerKnown(event: PaddleEvent): Outcome {
  const { data, source } = event;
  const read = reader(event);
  return [
    {
      fact: 'customer',
      provider: 'paddle',
      account: '',
      customerId: requiredText(data, 'id'),
      // Paddle.js writes into transactions and subscriptions; a customer's own custom data comes by the API alone.
      memberIds: serverSetMembers(source.memberFrom, 'custom_data.', read).map((hint) => ({
        ...hint,
        by: `customer.${hint.by}`,
      })),
      email: emailIfListed(source.memberFrom, email(at(data, 'email'))),
      codes: codesOf(source.codeFrom, read),
    },
  ];
}

function subscriptionKnown(event: PaddleEvent): Outcome {
  const memberIds = serverSetMembers(event.source.memberFrom, 'custom_data.', reader(event));
  const customerId = text(at(event.data, 'customer_id'));
  if (customerId === undefined || memberIds.length === 0) return 'names_no_member';
  return [{ fact: 'customer', provider: 'paddle', account: '', customerId, memberIds, codes: [] }];
}

/** A discount carries the code that buyers type, unless its custom data names another: the owner's `ALICE20` for K7M2XQ. */
function discountKnown(event: PaddleEvent): Outcome {
  const { data, source } = event;
  const named = codesOf(
    source.codeFrom.filter((path) => path.startsWith('custom_data.')),
    reader(event),
  )[0];
  // Those that we make say which code, whatever was left out of their text.
  const isOurs = at(data, 'custom_data.plusone_program') !== undefined;
  const code = (isOurs ? text(at(data, 'custom_data.ref')) : named?.code) ?? text(at(data, 'code'));
  if (code === undefined) return 'names_no_code';
  return [{ fact: 'code_alias', provider: 'paddle', account: '', objectId: requiredText(data, 'id'), code }];
}
