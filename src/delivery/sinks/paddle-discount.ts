/**
 * Paddle has no call that gives a customer credit: a credit is a discount of its amount, for one use, whose code the
 * member redeems.
 * Promises: the code cannot be guessed and is fixed by the credit's key, so that Paddle itself refuses a second one of
 * the same credit; what is taken back is noted on the discount in the same call that takes it. Must never: take from a
 * discount that was used.
 */
import type { Discount, DiscountsResource } from '@paddle/paddle-node-sdk';
import type { PaddleSink } from '../../model/program.ts';
import { classifyPaddle, connectPaddle, paddleWord } from '../paddle-client.ts';
import type { LookupAnswer, Sink, SinkAnswer, SinkCall, SinkIntent } from './sink.ts';

type Call = SinkCall<PaddleSink>;
type Create = Parameters<DiscountsResource['create']>[0];

type Frozen =
  | { readonly do: 'grant'; readonly params: Create & { code: string } }
  /** So much of the discounts of these codes is taken back. */
  | { readonly do: 'take'; readonly codes: readonly string[]; readonly amount: string; readonly key: string };

/** Easily told apart on paper; 16 of them are some 70 bits. */
const LETTERS = 'ACDEFGHJKMNPQRTUVWXY34679';
const CODE_LENGTH = 16;
const DESCRIPTION_LENGTH_MAX = 500;

export const paddleDiscount: Sink<PaddleSink> = {
  kind: 'paddle_discount',
  freeze,
  send,
  lookup,
  looksUp: () => true,
  // The code is the key, and a code is never free again.
  keyLifeMs: () => Number.POSITIVE_INFINITY,
};

function freeze(intent: SinkIntent): string {
  const { idempotencyKey: key, amount } = intent;
  if (intent.kind === 'reverse') {
    const codes = grantKeys(intent).map((each) => codeFor(intent, each));
    return JSON.stringify({ do: 'take', codes, amount: String(amount), key } satisfies Frozen);
  }
  const params = {
    type: 'flat',
    amount: String(amount),
    currencyCode: intent.unit.toUpperCase() as NonNullable<Create['currencyCode']>,
    description: intent.reason.slice(0, DESCRIPTION_LENGTH_MAX),
    code: codeFor(intent, key),
    enabledForCheckout: true,
    usageLimit: 1,
    recur: false,
    customData: { plusone_key: key, reward_id: `rw_${intent.rewardId}`, program: intent.program, taken: {} },
  } as const;
  return JSON.stringify({ do: 'grant', params } satisfies Frozen);
}

/** The n-th reversal comes after at most n - 1 restorations. */
function grantKeys({ idempotencyKey, reverses }: SinkIntent): string[] {
  const created = reverses ?? idempotencyKey;
  const n = Number(/:reverse:(\d+)$/.exec(idempotencyKey)?.[1] ?? 1);
  return [created, ...Array.from({ length: n - 1 }, (_, i) => `${created}:restore:${i + 1}`)];
}

function codeFor({ token, program }: SinkIntent, key: string): string {
  const bytes = Buffer.from(token(`${program}\n${key}`));
  return Array.from({ length: CODE_LENGTH }, (_, i) => LETTERS[(bytes[i] ?? 0) % LETTERS.length]).join('');
}

async function send(request: string, call: Call): Promise<SinkAnswer> {
  const frozen = JSON.parse(request) as Frozen;
  const { discounts, last } = await connectPaddle(call.config, call);
  try {
    if (frozen.do === 'take') return await takeBack(discounts, frozen);
    const made = await discounts.create(frozen.params);
    if (typeof made.code !== 'string') return { answer: 'unknown', status: 201, detail: 'no_code_in_the_answer' };
    return { answer: 'confirmed', status: 201, reference: made.code };
  } catch (error) {
    return classifyPaddle(error, last());
  }
}

async function takeBack(discounts: DiscountsResource, take: Extract<Frozen, { do: 'take' }>): Promise<SinkAnswer> {
  const found = await all(discounts, take.codes);
  const unused = found.filter(({ status, timesUsed }) => status === 'active' && (timesUsed ?? 0) === 0);
  let left = BigInt(take.amount) - found.reduce((sum, discount) => sum + takenBy(discount, take.key), 0n);
  const available = unused.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  if (available < left) return { answer: 'refused', status: 200, detail: 'discount_used' };
  for (const discount of unused) {
    if (left <= 0n) break;
    const value = BigInt(discount.amount);
    const taken = left < value ? left : value;
    const customData = { ...discount.customData, taken: { ...takenOf(discount), [take.key]: String(taken) } };
    const rest = taken < value ? { amount: String(value - taken) } : { status: 'archived' as const };
    await discounts.update(discount.id, { ...rest, customData });
    left -= taken;
  }
  return { answer: 'confirmed', status: 200, reference: null };
}

async function lookup(request: string, call: Call): Promise<LookupAnswer> {
  const frozen = JSON.parse(request) as Frozen;
  const { discounts, last } = await connectPaddle(call.config, call);
  try {
    if (frozen.do === 'take') {
      const found = await all(discounts, frozen.codes);
      const taken = found.reduce((sum, discount) => sum + takenBy(discount, frozen.key), 0n);
      return taken >= BigInt(frozen.amount)
        ? { found: 'found', status: 200, reference: null }
        : { found: 'absent', status: 200 };
    }
    const { code, customData } = frozen.params;
    const [known] = await all(discounts, [code]);
    if (!known) return { found: 'absent', status: 200 };
    const ours = (known.customData as { plusone_key?: unknown } | null)?.plusone_key === customData?.plusone_key;
    return ours
      ? { found: 'found', status: 200, reference: code }
      : { found: 'cannot', status: 200, detail: 'code_of_another' };
  } catch (error) {
    const answer = last();
    if (answer?.kind !== 'answered')
      return { found: 'cannot', status: null, detail: answer?.detail ?? 'paddle_client_failed' };
    return { found: 'cannot', status: answer.status, detail: paddleWord(error) ?? `http_${answer.status}` };
  }
}

/** Newest first: a restoration is taken back before what was restored. */
async function all(discounts: DiscountsResource, codes: readonly string[]): Promise<Discount[]> {
  const found: Discount[] = [];
  for await (const discount of discounts.list({ code: [...codes] })) found.push(discount);
  return found.sort((a, b) => codes.indexOf(b.code ?? '') - codes.indexOf(a.code ?? ''));
}

function takenOf(discount: Discount): Record<string, string> {
  return ((discount.customData as { taken?: Record<string, string> } | null)?.taken ?? {}) as Record<string, string>;
}

function takenBy(discount: Discount, key: string): bigint {
  return BigInt(takenOf(discount)[key] ?? 0);
}
