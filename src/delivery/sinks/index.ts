/**
 * The registry of sinks. Adding one is a file beside this one and a line here; the conformance suite then holds it to
 * the contract. `ledger` is not among them: there the balance is ours and nothing is delivered.
 */
import { paddleDiscount } from './paddle-discount.ts';
import type { Sink } from './sink.ts';
import { stripeBalance } from './stripe-balance.ts';
import { stripeCreditGrant } from './stripe-credit-grant.ts';
import { webhook } from './webhook.ts';

export const SINKS: ReadonlyMap<string, Sink> = new Map<string, Sink>([
  [webhook.kind, webhook],
  [stripeBalance.kind, stripeBalance],
  [stripeCreditGrant.kind, stripeCreditGrant],
  [paddleDiscount.kind, paddleDiscount],
]);

export function sinkOf(kind: string): Sink | undefined {
  return SINKS.get(kind);
}
