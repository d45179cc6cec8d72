/**
 * One route as an operation of the document.
 */
import { STATUS_CODES } from 'node:http';
import type * as z from 'zod';
import type { ProblemCode } from '../problems.ts';
import type { Route } from '../routes.ts';
import { exampleOf } from './examples.ts';
import type { Answered, Content, JsonSchema, Operation, Parameter, Version } from './model.ts';
import { operationIdOf, type Placed, tagOf } from './names.ts';
import { problemReference, responseOf } from './problem-responses.ts';
import { refusalsOf } from './refusals.ts';
import type { Schemas } from './schemas.ts';
import { securityOf } from './security.ts';

export interface Context {
  readonly schemas: Schemas;
  readonly version: Version;
  /** The sets of problem codes that were referred to, each a component. */
  readonly codes: Map<string, readonly ProblemCode[]>;
  /** All codes of which there must be an example. */
  readonly used: Set<ProblemCode>;
}

export function operationOf(placed: Placed, context: Context): Operation {
  const { prefix, route } = placed;
  const { summary, description } = route;
  const parameters = [
    ...pathParameters(`${prefix}${route.path}`),
    ...parametersOf('query', route.asks?.query, context.schemas),
    ...parametersOf('header', route.asks?.headers, context.schemas),
  ];
  return {
    operationId: operationIdOf(placed),
    summary,
    ...(description ? { description } : {}),
    tags: [tagOf(placed)],
    security: securityOf(route, context.version),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBody(route, context.schemas),
    responses: responsesOf(placed, context),
  };
}

/** What the names in paths stand for. */
const IN_PATHS: Readonly<Record<string, string>> = {
  program: "The program's name.",
  source: 'A source that the program file declares.',
  code: 'A referral code, in any spelling.',
  idempotency_key: 'The key under which the credit was sent.',
};

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: IN_PATHS[name] ?? 'Its id.',
    schema: { type: 'string' },
    example: exampleOf({ type: 'string' }, {}, path.includes(`/members/:${name}`) ? 'member_id' : name),
  }));
}

function parametersOf(where: 'query' | 'header', form: z.ZodObject | undefined, schemas: Schemas): Parameter[] {
  if (!form) return [];
  const { properties = {}, required = [] } = schemas.of(form);
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
  }));
}

function requestBody({ body, asks }: Route, schemas: Schemas): Pick<Operation, 'requestBody'> {
  if (body === undefined) return {};
  const form = asks?.body;
  const schema: JsonSchema = form ? schemas.of(form) : {};
  if (body === 'raw') return { requestBody: { required: true, content: { '*/*': { schema } } } };
  const example = exampleOf(schema, schemas.components);
  const required = form !== undefined && !form.safeParse({}).success;
  const media = { schema, example };
  const content = { 'application/json': media, ...(body === 'beacon' ? { 'text/plain': media } : {}) };
  return { requestBody: { required, content } };
}

function responsesOf(placed: Placed, { schemas, codes: seen, used }: Context): Operation['responses'] {
  const { answers, statuses = [200] } = placed.route;
  const content = contentOf(answers, schemas);
  const responses: Record<string, Operation['responses'][string]> = {};
  for (const status of statuses) responses[status] = { description: STATUS_CODES[status] ?? 'Done', content };
  for (const [status, codes] of refusalsOf(placed)) {
    for (const code of codes) used.add(code);
    responses[status] = statuses.includes(status) ? both(content, responseOf(codes)) : problemReference(codes, seen);
  }
  return responses;
}

/** A page for people where the route itself says no, a problem where it was refused before. */
function both(content: Content, refusal: Answered): Answered {
  return { ...refusal, content: { ...content, ...refusal.content } };
}

function contentOf(answers: Route['answers'], schemas: Schemas): Content {
  if (typeof answers === 'string') return { [answers]: { schema: { type: 'string' } } };
  const schema = schemas.of(answers);
  return { 'application/json': { schema, example: exampleOf(schema, schemas.components) } };
}
