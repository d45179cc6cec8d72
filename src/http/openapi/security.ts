/**
 * The credentials of the document: one scheme for each kind, and which of them open an operation.
 */
import type { Route } from '../routes.ts';
import type { Version } from './model.ts';

const bearer = (description: string, bearerFormat?: string) => ({
  type: 'http',
  scheme: 'bearer',
  ...(bearerFormat ? { bearerFormat } : {}),
  description,
});
const inHeader = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description });

export const SECURITY_SCHEMES = {
  adminToken: bearer(
    'The admin token: `ADMIN_TOKEN`, or the one that the first start wrote to `DATA_DIR/admin-token`.',
  ),
  adminSession: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-plusone_session',
    description:
      'The session of a named admin; without `__Host-` where `PUBLIC_URL` is plain http. Writes only from our own pages.',
  },
  memberToken: bearer("The member's token as your product signs it; the program file says how it is checked.", 'JWT'),
  memberKey: bearer('An API key that the member made; scopes `read` and `links`.'),
  serverKey: bearer('A server key of the program: `npm run cli -- key create`.'),
  actsFor: inHeader('Plusone-Member', 'The id of the member for whom a server key acts.'),
  webhookSignature: inHeader(
    'webhook-signature',
    "The provider's signature. Standard Webhooks sends `webhook-id`, `webhook-timestamp` and `webhook-signature`; " +
      'Stripe `Stripe-Signature`, Paddle `Paddle-Signature`, WorkOS `WorkOS-Signature`, and so on.',
  ),
} as const;

type Requirement = Readonly<Partial<Record<keyof typeof SECURITY_SCHEMES, readonly string[]>>>;

/** 3.1 may name the scopes that a bearer needs; 3.0 may not. */
export function securityOf({ credential, body }: Route, version: Version): Requirement[] {
  const scopes = (...names: string[]): readonly string[] => (version === '3.1' ? names : []);
  const member = (read: 'read' | 'links', server: 'members:read' | 'members:write'): Requirement[] => [
    { memberToken: [] },
    { memberKey: scopes(read) },
    { serverKey: scopes(server), actsFor: [] },
  ];
  switch (credential) {
    case 'none':
    case 'password':
      return [];
    case 'signature':
      // Without a body it is the path that is signed.
      return body === 'raw' ? [{ webhookSignature: [] }] : [];
    case 'admin:self':
      return [{ adminSession: [] }];
    case 'admin':
    case 'admin:read':
    case 'admin:moderate':
      return [{ adminToken: [] }, { adminSession: [] }];
    case 'member:read':
      return member('read', 'members:read');
    case 'member:write':
      return member('links', 'members:write');
    case 'program:read':
      return [...member('read', 'members:read'), { serverKey: scopes('members:read') }];
    case 'lookup':
      return [{}, { memberToken: [] }, { memberKey: scopes('read') }, { serverKey: scopes('members:read') }];
    default:
      return [{ serverKey: scopes(credential) }];
  }
}
