/**
 * The registry of the kinds of source. Adding one is a file, its fixtures in test/providers/<kind>/, and a line here;
 * the conformance suite then holds it to the contract. Must never: decide anything.
 */
import type { Provider } from '../model/provider.ts';
import { clerk } from './clerk.ts';
import { paddle } from './paddle.ts';
import { standard } from './standard.ts';
import { stripe } from './stripe.ts';

export const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  [stripe.kind, stripe],
  [paddle.kind, paddle],
  [clerk.kind, clerk],
  [standard.kind, standard],
]);

export function providerOf(kind: string): Provider | undefined {
  return PROVIDERS.get(kind);
}
