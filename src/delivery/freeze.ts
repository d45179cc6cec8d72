/**
 * Makes the request of a delivery when the engine plans it; pure, and called in the engine's transaction.
 * Promises: what it returns is stored with the intent and is what every try sends. Must never: be called again for a
 * delivery that has been stored.
 */
import type { LoadedProgram } from '../model/program.ts';
import type { DeliveryIntent, Reward } from '../model/records.ts';
import { sinkOf } from './sinks/index.ts';

/** `customerId`: the beneficiary's at the sink's provider, where the sink needs one or one is known. */
export function freezeDelivery(
  { program }: LoadedProgram,
  delivery: DeliveryIntent,
  reward: Reward,
  customerId: string | null,
  token: (value: string) => string,
): { readonly sink: string; readonly request: string } {
  const sink = sinkOf(program.sink.kind);
  if (!sink) throw new Error(`bug: a delivery was planned for the sink ${program.sink.kind}, which delivers nothing`);
  const rule = program.rules.find(({ name }) => name === reward.rule);
  const request = sink.freeze({
    deliveryId: delivery.id,
    rewardId: reward.id,
    program: program.program,
    kind: delivery.kind,
    amount: delivery.amount,
    unit: delivery.unit,
    idempotencyKey: delivery.idempotencyKey,
    reverses: delivery.kind === 'reverse' ? reward.idempotencyKey : null,
    memberId: reward.memberId,
    customerId,
    reason: rule?.label ?? reward.rule,
    paymentId: reward.sourcePaymentId,
    at: delivery.createdAt,
    token,
  });
  return { sink: sink.kind, request };
}
