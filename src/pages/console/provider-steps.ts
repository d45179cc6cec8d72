/**
 * Where at each provider a webhook is set up, in a sentence. Must never: name events; those come from the provider's
 * own file.
 */
export const PROVIDER_STEPS: Readonly<Record<string, string>> = {
  stripe:
    'In Stripe’s Workbench, under Webhooks, add an event destination for your account with this address. The secret begins with whsec_.',
  paddle:
    'In Paddle, under Developer tools, Notifications, add a destination of the kind URL. The secret begins with pdl_ntfset_.',
  clerk: 'In the Clerk dashboard, under Webhooks, add an endpoint. The signing secret begins with whsec_.',
  auth0: 'In Auth0, create an event stream with a webhook destination and a bearer token as its authorization.',
  workos: 'In the WorkOS dashboard, under Webhooks, add an endpoint, and copy its signing secret.',
  supabase: 'In Supabase, create a database webhook on auth.users, with the secret as a header.',
  logto: 'In the Logto console, under Webhooks, create one, and copy its signing key.',
  lemonsqueezy: 'In Lemon Squeezy, under Settings, Webhooks, add one with a signing secret of your own.',
  polar: 'In Polar, under Settings, Webhooks, add an endpoint of the format Raw.',
  standard: 'Your own product posts these, signed as Standard Webhooks describe.',
};
