/**
 * Stripe's billing credits: a credit is a promotional grant, which pays for metered prices only.
 * Promises: a grant carries our key in its metadata, where a lookup finds it; what is taken back is noted on the grant
 * before it is voided, so that a call that broke off is taken up where it was. Must never: touch a grant that has paid
 * for something; Stripe refuses to void it, and so the reversal is refused.
 */
import type Stripe from 'stripe';
import type { StripeSink } from '../../model/program.ts';
import { QUEUE_MS_MAX } from '../backoff.ts';
import { boundedKey, classifyStripe, connectStripe, stripeWord } from '../stripe-client.ts';
import { exactNumber, type LookupAnswer, type Sink, type SinkAnswer, type SinkCall, type SinkIntent } from './sink.ts';

type Call = SinkCall<StripeSink>;
type Grant = Stripe.Billing.CreditGrant;

/** `take`: so much of the grants of one reward is taken back. */
type Frozen =
  | { readonly do: 'grant'; readonly params: Stripe.Billing.CreditGrantCreateParams & { customer: string } }
  | {
      readonly do: 'take';
      readonly customer: string;
      readonly amount: number;
      readonly key: string;
      readonly program: string;
      readonly rewardId: string;
    };
type Take = Extract<Frozen, { do: 'take' }>;

const NAME_LENGTH_MAX = 100;

export const stripeCreditGrant: Sink<StripeSink> = {
  kind: 'stripe_credit_grant',
  freeze,
  send,
  lookup,
  looksUp: () => true,
  keyLifeMs: () => QUEUE_MS_MAX,
};

function freeze(intent: SinkIntent): string {
  const { customerId: customer, program } = intent;
  if (customer === null) throw new Error(`bug: delivery ${intent.deliveryId} has no customer`);
  const [amount, key] = [exactNumber(intent.amount), boundedKey(intent.idempotencyKey, '')];
  const rewardId = `rw_${intent.rewardId}`;
  if (intent.kind === 'reverse')
    return JSON.stringify({ do: 'take', customer, amount, key, program, rewardId } satisfies Frozen);
  const params = grantOf(customer, intent.unit, amount, intent.reason, {
    plusone_key: key,
    reward_id: rewardId,
    program,
  });
  return JSON.stringify({ do: 'grant', params } satisfies Frozen);
}

function grantOf(customer: string, currency: string, value: number, name: string, metadata: Record<string, string>) {
  return {
    customer,
    name: name.slice(0, NAME_LENGTH_MAX),
    category: 'promotional' as const,
    amount: { type: 'monetary' as const, monetary: { currency, value } },
    applicability_config: { scope: { price_type: 'metered' as const } },
    metadata,
  };
}

async function send(request: string, call: Call): Promise<SinkAnswer> {
  const frozen = JSON.parse(request) as Frozen;
  const { stripe, last } = connectStripe(call.config, call);
  try {
    if (frozen.do === 'take') return await takeBack(stripe, frozen, call);
    const idempotencyKey = boundedKey(call.idempotencyKey, `${call.program}:`);
    const made = await stripe.billing.creditGrants.create(frozen.params, { idempotencyKey });
    const status = made.lastResponse.statusCode;
    if (typeof made.id !== 'string') return { answer: 'unknown', status, detail: 'no_id_in_the_answer' };
    return { answer: 'confirmed', status, reference: made.id };
  } catch (error) {
    return classifyStripe(error, last());
  }
}

/** Newest first. A grant is noted, voided, and what is left of it is granted anew; each step is found done by the next try. */
async function takeBack(stripe: Stripe, take: Take, call: Call): Promise<SinkAnswer> {
  const grants = await grantsOf(stripe, take);
  let left =
    take.amount -
    sum(
      grants.filter((grant) => takenBy(grant, take) && grant.voided_at !== null),
      takenOf,
    );
  let reference: string | null = null;
  for (const grant of grants) {
    const noted = takenBy(grant, take);
    if (!noted && (grant.voided_at !== null || left <= 0)) continue;
    const taken = noted ? takenOf(grant) : Math.min(left, worth(grant));
    if (!noted)
      await stripe.billing.creditGrants.update(grant.id, { metadata: { taken_by: take.key, taken: String(taken) } });
    if (grant.voided_at === null) {
      const refusal = await voidGrant(stripe, grant, call);
      // A grant before this one is voided already: that is for a person.
      if (refusal && left < take.amount) return { answer: 'unknown', status: 400, detail: 'taken_in_part' };
      if (refusal) return refusal;
      left -= taken;
    }
    reference = grant.id;
    if (taken < worth(grant)) await grantRest(stripe, grant, worth(grant) - taken, { take, grants, call });
  }
  if (left > 0) return { answer: 'unknown', status: 200, detail: 'less_is_left' };
  return { answer: 'confirmed', status: 200, reference };
}

async function voidGrant(stripe: Stripe, grant: Grant, call: Call): Promise<SinkAnswer | undefined> {
  const idempotencyKey = boundedKey(`${call.idempotencyKey}:void:${grant.id}`, `${call.program}:`);
  try {
    await stripe.billing.creditGrants.voidGrant(grant.id, {}, { idempotencyKey });
    return undefined;
  } catch (error) {
    const { statusCode } = error as { statusCode?: unknown };
    if (statusCode !== 400) throw error;
    // It has paid for something: the note goes, and nothing was done.
    await stripe.billing.creditGrants.update(grant.id, { metadata: { taken_by: '', taken: '' } });
    return { answer: 'refused', status: 400, detail: stripeWord(error) ?? 'credit_used' };
  }
}

async function grantRest(
  stripe: Stripe,
  grant: Grant,
  value: number,
  { take, grants, call }: { take: Take; grants: readonly Grant[]; call: Call },
): Promise<void> {
  if (grants.some(({ metadata }) => metadata.rest_of === grant.id)) return;
  const { currency } = grant.amount.monetary ?? { currency: '' };
  const metadata = { reward_id: take.rewardId, program: take.program, rest_of: grant.id };
  const idempotencyKey = boundedKey(`${call.idempotencyKey}:rest:${grant.id}`, `${call.program}:`);
  await stripe.billing.creditGrants.create(grantOf(take.customer, currency, value, grant.name ?? '', metadata), {
    idempotencyKey,
  });
}

async function lookup(request: string, call: Call): Promise<LookupAnswer> {
  const frozen = JSON.parse(request) as Frozen;
  const { stripe, last } = connectStripe(call.config, call);
  try {
    const found = frozen.do === 'take' ? await taken(stripe, frozen) : await granted(stripe, frozen.params);
    return found === undefined ? { found: 'absent', status: 200 } : { found: 'found', status: 200, reference: found };
  } catch (error) {
    const answer = last();
    if (answer?.kind !== 'answered')
      return { found: 'cannot', status: null, detail: answer?.detail ?? 'stripe_client_failed' };
    return { found: 'cannot', status: answer.status, detail: stripeWord(error) ?? `http_${answer.status}` };
  }
}

async function granted(stripe: Stripe, params: { customer: string; metadata?: unknown }): Promise<string | undefined> {
  const { plusone_key: key, reward_id: rewardId, program } = params.metadata as Record<string, string>;
  const grants = await grantsOf(stripe, {
    customer: params.customer,
    rewardId: rewardId ?? '',
    program: program ?? '',
  });
  return grants.find(({ metadata }) => metadata.plusone_key === key)?.id;
}

/** Done is: so much was voided, and what was left over of it is granted again. */
async function taken(stripe: Stripe, take: Take): Promise<string | undefined> {
  const grants = await grantsOf(stripe, take);
  const noted = grants.filter((grant) => takenBy(grant, take) && grant.voided_at !== null);
  const whole = noted.every(
    (grant) => takenOf(grant) === worth(grant) || grants.some(({ metadata }) => metadata.rest_of === grant.id),
  );
  return whole && sum(noted, takenOf) >= take.amount ? noted[0]?.id : undefined;
}

async function grantsOf(
  stripe: Stripe,
  { customer, rewardId, program }: { customer: string; rewardId: string; program: string },
): Promise<Grant[]> {
  const grants: Grant[] = [];
  for await (const grant of stripe.billing.creditGrants.list({ customer, limit: 100 })) {
    if (grant.metadata.reward_id === rewardId && grant.metadata.program === program) grants.push(grant);
  }
  return grants;
}

function takenBy(grant: Grant, take: Take): boolean {
  return grant.metadata.taken_by === take.key;
}

function takenOf(grant: Grant): number {
  return Number(grant.metadata.taken);
}

function worth(grant: Grant): number {
  return grant.amount.monetary?.value ?? 0;
}

function sum(grants: readonly Grant[], of: (grant: Grant) => number): number {
  return grants.reduce((total, grant) => total + of(grant), 0);
}
