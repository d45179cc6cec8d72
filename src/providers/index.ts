/**
 * The registry of the kinds of source. Adding one is a file, its fixtures in test/providers/<kind>/, and a line here;
 * the conformance suite then holds it to the contract. Must never: decide anything.
 */
import type { Provider } from '../model/provider.ts';
import { auth0 } from './auth0.ts';
import { clerk } from './clerk.ts';
import { lemonsqueezy } from './lemonsqueezy.ts';
import { logto } from './logto.ts';
import { paddle } from './paddle.ts';
import { polar } from './polar.ts';
import { standard } from './standard.ts';
import { stripe } from './stripe.ts';
import { supabase } from './supabase.ts';
import { workos } from './workos.ts';

export const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  [stripe.kind, stripe],
  [paddle.kind, paddle],
  [lemonsqueezy.kind, lemonsqueezy],
  [polar.kind, polar],
  [clerk.kind, clerk],
  [auth0.kind, auth0],
  [workos.kind, workos],
  [supabase.kind, supabase],
  [logto.kind, logto],
  [standard.kind, standard],
]);
