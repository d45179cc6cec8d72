/**
 * Stripe's customer balance: a credit is a balance transaction of the customer; negative is in the customer's favour.
 * Promises: our key is Stripe's idempotency key and stands in the metadata, where a lookup finds it. Must never: be
 * trusted with a key that is a day old (Stripe forgets it and would pay again).
 */
import type Stripe from 'stripe';
import type { StripeSink } from '../../model/program.ts';
import { QUEUE_MS_MAX } from '../backoff.ts';
import { boundedKey, classifyStripe, connectStripe, stripeWord } from '../stripe-client.ts';
import { exactNumber, type LookupAnswer, type Sink, type SinkAnswer, type SinkCall, type SinkIntent } from './sink.ts';

type Call = SinkCall<StripeSink>;

/** Newest first, so ours is among the first; a customer with more than this is for a person. */
const TRANSACTIONS_MAX = 10_000;

interface Frozen {
  readonly customer: string;
  readonly params: Stripe.CustomerCreateBalanceTransactionParams;
}

export const stripeBalance: Sink<StripeSink> = {
  kind: 'stripe_balance',
  freeze,
  send,
  lookup,
  looksUp: () => true,
  keyLifeMs: () => QUEUE_MS_MAX,
};

function freeze(intent: SinkIntent): string {
  if (intent.customerId === null) throw new Error(`bug: delivery ${intent.deliveryId} has no customer`);
  const amount = exactNumber(intent.amount);
  const frozen: Frozen = {
    customer: intent.customerId,
    params: {
      amount: intent.kind === 'reverse' ? amount : -amount,
      currency: intent.unit,
      description: intent.reason,
      metadata: {
        plusone_key: boundedKey(intent.idempotencyKey, ''),
        reward_id: `rw_${intent.rewardId}`,
        program: intent.program,
      },
    },
  };
  return JSON.stringify(frozen);
}

async function send(request: string, call: Call): Promise<SinkAnswer> {
  const { customer, params } = JSON.parse(request) as Frozen;
  const { stripe, last } = connectStripe(call.config, call);
  try {
    const idempotencyKey = boundedKey(call.idempotencyKey, `${call.program}:`);
    const made = await stripe.customers.createBalanceTransaction(customer, params, { idempotencyKey });
    const status = made.lastResponse.statusCode;
    if (typeof made.id !== 'string') return { answer: 'unknown', status, detail: 'no_id_in_the_answer' };
    return { answer: 'confirmed', status, reference: made.id };
  } catch (error) {
    return classifyStripe(error, last());
  }
}

/** Through all transactions of the customer: the list is consistent, Stripe's search is documented not to be. */
async function lookup(request: string, call: Call): Promise<LookupAnswer> {
  const { customer, params } = JSON.parse(request) as Frozen;
  const { plusone_key: key, program } = (params.metadata || {}) as Record<string, string>;
  const { stripe, last } = connectStripe(call.config, call);
  const status = () => (last()?.kind === 'answered' ? 200 : null);
  let seen = 0;
  try {
    for await (const { id, metadata } of stripe.customers.listBalanceTransactions(customer, { limit: 100 })) {
      if (metadata?.plusone_key === key && metadata?.program === program)
        return { found: 'found', status: status(), reference: id };
      if (++seen >= TRANSACTIONS_MAX) return { found: 'cannot', status: status(), detail: 'too_many_transactions' };
    }
    return { found: 'absent', status: status() };
  } catch (error) {
    const answer = last();
    if (answer?.kind !== 'answered')
      return { found: 'cannot', status: null, detail: answer?.detail ?? 'stripe_client_failed' };
    return { found: 'cannot', status: answer.status, detail: stripeWord(error) ?? `http_${answer.status}` };
  }
}
