/**
 * The OpenAPI document, made of the routes as they are mounted and of the forms by which they read and answer.
 * Promises: every route is in it and nothing else; the same routes give the same bytes. Must never: say something that
 * is not in a route; what is missing is put there.
 */
import type * as z from 'zod';
import type { ProblemCode } from '../problems.ts';
import type { Route } from '../routes.ts';
import type { Document, PathItem, Version } from './model.ts';
import { operationIdOf, type Placed, tagsOf } from './names.ts';
import { operationOf } from './operation.ts';
import { problemForm, problemResponses } from './problem-responses.ts';
import { schemasOf } from './schemas.ts';
import { SECURITY_SCHEMES } from './security.ts';

export interface RouteTable {
  readonly prefix: string;
  readonly routes: readonly Route[];
}

export interface DocumentOptions {
  readonly server: string;
  readonly version?: Version;
}

const VERSIONS = { '3.1': '3.1.1', '3.0': '3.0.3' } as const;

const DESCRIPTION = `Referral links, attribution, rewards, fraud holds, a credit ledger, and credits delivered to your billing.

Everything of a program stands under \`/p/{program}\`, or at the root of a host that its program file names. Amounts are integers in minor units (points: whole points), times ISO 8601 in UTC, and what is absent is null. Lists come in pages, newest first: \`next_cursor\` asks for the next one. Every refusal is a problem document (RFC 9457) whose \`code\` is one of a fixed list.`;

/** The version of what the document describes; raised with each change that a client could notice. */
const API_VERSION = '1.0.0';

export function describe(tables: readonly RouteTable[], { server, version = '3.1' }: DocumentOptions): Document {
  const placed: Placed[] = tables.flatMap(({ prefix, routes }) => routes.map((route) => ({ prefix, route })));
  refuseTwice(placed.map(operationIdOf));
  const schemas = schemasOf([problemForm, ...placed.flatMap(({ route }) => formsOf(route))], version);
  const paths: Record<string, PathItem> = {};
  const codes = new Map<string, readonly ProblemCode[]>();
  const used = new Set<ProblemCode>();
  for (const each of placed) {
    const path = `${each.prefix}${each.route.path}`.replace(/:(\w+)/g, '{$1}');
    const operation = operationOf(each, { schemas, version, codes, used });
    if (paths[path]?.[each.route.method]) throw new Error(`bug: two routes are ${each.route.method} ${path}`);
    paths[path] = { ...paths[path], [each.route.method]: operation };
  }
  return {
    openapi: VERSIONS[version],
    info: {
      title: 'Plusone',
      version: API_VERSION,
      ...(version === '3.1' ? { summary: 'A self-hosted referral engine' } : {}),
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: server }],
    tags: tagsOf(placed),
    paths,
    components: {
      schemas: schemas.components,
      ...problemResponses(codes, used),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function formsOf({ asks, answers }: Route): z.ZodType[] {
  const forms: (z.ZodType | undefined)[] = [asks?.body, asks?.query, asks?.headers];
  if (typeof answers !== 'string') forms.push(answers);
  return forms.filter((form) => form !== undefined);
}

function refuseTwice(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice) throw new Error(`bug: two routes are the operation ${twice}`);
}
