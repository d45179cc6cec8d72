// Every operation of the document, and how to call it: in a program that has every route, with the credential that each
// asks for.
import type { Document, Operation, Parameter } from '../../src/http/openapi/model.ts';
import { documentOffline } from '../../src/http/openapi/offline.ts';
import { sessionHeaders } from './admin.ts';
import { ADMIN_TOKEN, type HttpTest } from './http.ts';
import { tokenFor } from './member.ts';

export const document: Document = documentOffline({ server: 'https://plusone.test' });

export interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export const operations: readonly Listed[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
);

/** Has every route that a program may have. */
export const POLYGLOT = `
api: [hanzo, buywhere, kortix]
members: { signup: embedded, api_key_prefix: pg_ }
auth: { jwt: { secret: "\${JWT_SECRET}" } }`;

export interface Caller {
  /** The headers with which somebody who may calls it. */
  headersFor(operation: Operation): Record<string, string>;
}

/** `http` must run POLYGLOT under the name `polyglot`. */
export async function callerOf(http: HttpTest): Promise<Caller> {
  const token = await tokenFor('mia');
  const key = await http.serverKey(
    ['events:write', 'credits:write', 'payouts:write', 'members:read', 'members:write'],
    'polyglot',
  );
  await http.tell('member.created', { member_id: 'mia', email: 'mia@example.com' }, 'mia', 'polyglot');
  const session = await sessionHeaders(http, 'owner');
  const bearerOf = ({ security: [first = {}] }: Operation) =>
    'adminToken' in first ? ADMIN_TOKEN : 'memberToken' in first ? token : key;
  return {
    headersFor: (operation) => ({
      ...(isByName(operation) ? session : { Authorization: `Bearer ${bearerOf(operation)}` }),
      ...(operation.security.some((each) => 'actsFor' in each) && { 'Plusone-Member': 'mia' }),
    }),
  };
}

/** Asks for an admin by name: the token will not do. */
const isByName = ({ security: [first = {}] }: Operation): boolean => Object.keys(first).join() === 'adminSession';

/** The path with what it needs, also in its query. */
export function filled(path: string, parameters: readonly Parameter[] = []): string {
  const url = path
    .replace('{program}', 'polyglot')
    .replace('{id}', 'mia')
    .replace(/\{\w+\}/g, 'x');
  const needed = parameters.filter((each) => each.in === 'query' && each.required);
  return needed.length > 0 ? `${url}?${needed.map(({ name }) => `${name}=polyglot`).join('&')}` : url;
}
