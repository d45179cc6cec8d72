/**
 * The forms of what the admin API answers about rewards, payments, events and members. What only one file answers
 * stands there. Must never: have a field for a secret; addresses are shown whole here, and nowhere else.
 */
import * as z from 'zod';
import { amount, base, pageOf, rewardStatus, time, unit } from '../forms.ts';
import { EVENT_STATES } from './events.sql.ts';

const name = z.string();
const word = z.string().nullable();
const memberId = z.string().nullable();

const rewardShape = {
  id: z.string(),
  program: name,
  rule: z.string(),
  to: z.enum(['referrer', 'referee']),
  member_id: z.string().describe('the beneficiary'),
  referrer_id: z.string(),
  referee_id: z.string(),
  status: rewardStatus,
  reason: word.describe('why it waits, or was never owed: `held`, `vesting`, `no_account`, `self_referral` …'),
  outcome: word.describe('of a failed one: `refused` or `unknown`'),
  flags: z.array(z.string()).describe('the fraud signals that spoke'),
  amount: amount.describe('what the payment as made earns'),
  reversed_amount: amount,
  forfeited_amount: amount,
  unit,
  rate: word.describe('a percent string such as "5%"'),
  base: base.nullable(),
  source: word,
  source_payment_id: word,
  idempotency_key: z.string(),
  program_version: z.int(),
  created_at: time,
  credited_at: time.nullable(),
  vests_at: time.nullable(),
  expires_at: time.nullable(),
};
export const adminReward = z.strictObject(rewardShape).meta({ id: 'AdminReward' });
export const adminRewardPage = pageOf('AdminRewardPage', adminReward);

export const finding = z
  .strictObject({ asked: z.string(), saw: z.record(z.string(), z.unknown()), said: z.string() })
  .meta({ id: 'Finding', description: 'a rule or signal: what it was asked, what it saw, what it said' });

const attempt = z
  .strictObject({
    kind: z.enum(['create', 'reverse', 'restore']),
    idempotency_key: z.string(),
    amount,
    state: z.string(),
    reference: word,
    no: z.int(),
    at: time,
    action: z.enum(['send', 'lookup']),
    outcome: z.string(),
    status: z.int().nullable().describe('the HTTP status, where one came'),
    detail: word,
    duration_ms: z.int(),
  })
  .meta({ id: 'DeliveryAttempt' });

const entry = z
  .strictObject({
    transaction_id: z.string(),
    kind: z.string(),
    at: time,
    account: z.string(),
    member_id: memberId.describe("null: the program's own account"),
    unit,
    amount,
    reward_id: word,
    event_id: word,
  })
  .meta({ id: 'LedgerEntry' });

export const approval = z
  .strictObject({ actor: z.string(), at: time })
  .meta({ id: 'RewardApproval', description: 'of a reward that needs two persons' });

export const step = z
  .strictObject({
    at: time,
    status: rewardStatus,
    reason: word,
    outcome: word,
    amount,
    actor: word,
    note: word.describe('what somebody wrote about it'),
    event_id: word.describe('what caused it'),
  })
  .meta({ id: 'RewardStep' });

export const adminRewardDetail = z
  .strictObject({
    ...rewardShape,
    explain: z.array(finding).describe('as stored when it was decided'),
    approvals: z.array(approval),
    attempts: z.array(attempt),
    entries: z.array(entry),
    history: z.array(step),
  })
  .meta({ id: 'AdminRewardDetail' });

export const payment = z
  .strictObject({
    id: z.string(),
    program: name,
    source: z.string(),
    source_payment_id: z.string(),
    member_id: memberId,
    amount: amount.nullable().describe('null while only a refund or dispute has named it'),
    currency: word,
    kind: word,
    mode: z.enum(['test', 'live']),
    paid_at: time.nullable(),
    reason: word.describe('why it earned nothing; null: it did'),
    created_at: time,
  })
  .meta({ id: 'Payment' });
export const paymentPage = pageOf('PaymentPage', payment);

const eventShape = {
  id: z.string(),
  program: name,
  source: z.string(),
  event_id: z.string().describe("the sender's id"),
  type: z.string(),
  state: z.enum(EVENT_STATES),
  reason: word,
  received_at: time,
  occurred_at: time.nullable(),
};
export const inboxEvent = z.strictObject(eventShape).meta({ id: 'Event' });
export const inboxEventPage = pageOf('EventPage', inboxEvent);

const causedTransaction = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    at: time,
    reward_id: word,
    entries: z.array(z.strictObject({ account: z.string(), member_id: memberId, unit, amount })),
  })
  .meta({ id: 'CausedTransaction' });

const delivery = z
  .strictObject({
    id: z.string(),
    reward_id: z.string(),
    kind: z.enum(['create', 'reverse', 'restore']),
    amount,
    unit,
    idempotency_key: z.string(),
    sink: z.string(),
    state: z.string(),
    outcome: word,
    attempts: z.int(),
    next_try_at: time.nullable(),
    reference: word,
    created_at: time,
    settled_at: time.nullable(),
  })
  .meta({ id: 'Delivery' });

export const inboxEventDetail = z
  .strictObject({
    ...eventShape,
    body: word.describe('the raw body; null when it is no longer kept'),
    body_sha256: z.string(),
    caused: z.strictObject({
      rewards: z.array(adminReward),
      payments: z.array(payment),
      transactions: z.array(causedTransaction),
      deliveries: z.array(delivery),
    }),
  })
  .meta({ id: 'EventDetail' });

const memberCode = z
  .strictObject({
    code: z.string(),
    kind: z.enum(['primary', 'link']),
    channel: word,
    campaign: word,
    uses: z.int(),
    max_uses: z.int().nullable(),
    created_at: time,
    revoked_at: time.nullable(),
    suspended_at: time.nullable(),
    expires_at: time.nullable(),
  })
  .meta({ id: 'MemberCode' });

const referralStatus = z.enum(['pending', 'completed', 'denied', 'void']);
const referralCounts = z
  .strictObject({
    total: z.int(),
    pending: z.int(),
    completed: z.int(),
    denied: z.int(),
    void: z.int(),
    held: z.int(),
    paying: z.int(),
  })
  .meta({ id: 'ReferralCounts' });

export const member = z
  .strictObject({
    program: name,
    member_id: z.string(),
    aliases: z.array(z.string()).describe('other ids that turned out to be the same person'),
    customers: z.array(z.string()).describe('`<provider>:<account>:<customer id>`'),
    email: word,
    email_verified: z.boolean().nullable(),
    name: word,
    org_id: word,
    created_at: time,
    signed_up_at: time.nullable(),
    first_paid_at: time.nullable(),
    deleted_at: time.nullable(),
    erased_at: time.nullable(),
    erasure_done_at: time
      .nullable()
      .describe('nothing names them any more; a credit under way, or a large inbox, takes longer'),
    rate: word.describe('an individual rate such as "7.5%"'),
    tier: word,
    suspended: z.boolean(),
    suspended_at: time.nullable(),
    suspended_reason: word,
    note: word,
    referred_by: z
      .strictObject({
        member_id: z.string(),
        code: word,
        status: referralStatus,
        reason: word,
        created_at: time,
        carrier: word.describe('by which the code came'),
        evidence: z.array(finding),
      })
      .nullable(),
    codes_seen: z
      .array(z.strictObject({ code: z.string(), carrier: z.string(), outcome: z.string(), at: time, event_id: word }))
      .describe('every code that came along with them, and what became of it'),
    referrals: referralCounts,
    code: word,
    url: z.url().nullable(),
    codes: z.array(memberCode),
    balances: z.array(z.strictObject({ account: z.string(), unit, balance: amount })),
    rewards: z.array(z.strictObject({ status: rewardStatus, unit, count: z.int(), amount })),
  })
  .meta({ id: 'Member' });
