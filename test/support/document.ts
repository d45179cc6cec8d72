// Holds whatever an app answers against the OpenAPI document: status, media type, form, and the code of a problem; and
// what it accepted against the form that the document gives for it. document-setup.ts fails the test that saw a breach.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Express, Request, Response } from 'express';
import { type Answered, type Document, type Operation, resolve } from '../../src/http/openapi/model.ts';
import { documentOffline } from '../../src/http/openapi/offline.ts';
import { breaches } from './breaches.ts';

let made: { document: Document; ajv: Ajv2020 } | undefined;

function parts(): { document: Document; ajv: Ajv2020 } {
  if (made) return made;
  const document = documentOffline({ server: 'https://plusone.test' });
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormats.default(ajv);
  ajv.addSchema(document as unknown as AnySchemaObject, 'document');
  made = { document, ajv };
  return made;
}

const compiled = new Map<string, ValidateFunction>();

/** Why the value does not fit the schema at this place of the document; undefined: it fits. */
export function misfit(pointer: readonly string[], value: unknown): string | undefined {
  const { ajv } = parts();
  const $ref = `document#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const validate = compiled.get($ref) ?? ajv.compile({ $ref });
  compiled.set($ref, validate);
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

/** The same app; what it answers is looked at before it is sent. */
export function heldToDocument(app: Express): Express {
  const handled = app as unknown as { handle: (...given: [Request, Response, () => void]) => void };
  const handle = handled.handle.bind(app);
  handled.handle = (req, res, next) => {
    watch(req, res);
    handle(req, res, next);
  };
  return app;
}

function watch(req: Request, res: Response): void {
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
  };
  const raw: ServerResponse<IncomingMessage> = res;
  const [writeHead, write, end] = [raw.writeHead.bind(raw), raw.write.bind(raw), raw.end.bind(raw)];
  let head: unknown;
  raw.writeHead = ((status: number, ...rest: never[]) => {
    head = rest.at(-1);
    return writeHead(status, ...rest);
  }) as typeof raw.writeHead;
  raw.write = ((chunk: unknown, ...rest: never[]) => {
    keep(chunk);
    return write(chunk, ...rest);
  }) as typeof raw.write;
  raw.end = ((chunk: unknown, ...rest: never[]) => {
    keep(chunk);
    const breach = breachOf(req, res, typeOf(raw, head), Buffer.concat(chunks).toString('utf8'));
    if (breach) breaches.push(`${req.method} ${res.locals.route ?? req.originalUrl} ${res.statusCode}: ${breach}`);
    return end(chunk, ...rest);
  }) as typeof raw.end;
}

/** What is given to writeHead as a list is not among the headers that a response tells of. */
function typeOf(res: ServerResponse, head: unknown): string {
  const listed = Array.isArray(head) ? head[head.indexOf('Content-Type') + 1] : undefined;
  return String(listed ?? res.getHeader('content-type') ?? '').split(';')[0] as string;
}

function breachOf(req: Request, res: Response, type: string, text: string): string | undefined {
  const { document } = parts();
  const method = req.method.toLowerCase() as 'get';
  const path = String(res.locals.route ?? '').replace(/:(\w+)/g, '{$1}');
  const operation = document.paths[path]?.[method];
  if (req.method === 'HEAD' || res.statusCode === 304 || res.locals.isPage) return undefined;
  // What is nowhere, and a method that a path does not have, is no operation: only its form is known.
  if (!operation) return problemMisfit(type, text);
  const status = String(res.statusCode);
  const answered = operation.responses[status];
  if (!answered) return `the document does not have this status; ${text.slice(0, 200)}`;
  const media = resolve<Answered>(document, answered).content[type];
  if (!media) return `the document does not have ${type}`;
  if (media.examples) return undocumentedCode(text, Object.keys(media.examples)) ?? problemMisfit(type, text);
  const where = ['paths', path, method];
  if (type === 'application/json') {
    const wrong = misfit([...where, 'responses', status, 'content', type, 'schema'], JSON.parse(text));
    if (wrong) return `the answer does not fit: ${wrong}`;
  }
  return acceptedMisfit(req, operation, where);
}

function problemMisfit(type: string, text: string): string | undefined {
  if (type !== 'application/problem+json') return `a refusal must be a problem document, and this is ${type}`;
  return misfit(['components', 'schemas', 'Problem'], JSON.parse(text));
}

function undocumentedCode(text: string, codes: readonly string[]): string | undefined {
  const { code } = JSON.parse(text) as { code: string };
  return codes.includes(code) ? undefined : `the route does not say that it refuses with ${code}`;
}

/** What was accepted must be what the document lets one send. */
function acceptedMisfit(
  req: Request,
  { parameters = [], requestBody }: Operation,
  where: string[],
): string | undefined {
  const known = new Set(parameters.filter((each) => each.in === 'query').map(({ name }) => name));
  const given = Object.entries(req.query).filter(([, value]) => value !== '');
  // What else a link says is the landing page's.
  const strange = where[1]?.endsWith('/r/{code}') ? undefined : given.find(([name]) => !known.has(name))?.[0];
  if (strange) return `the query has ${strange}, which the document does not have`;
  if (!requestBody?.content['application/json'] || req.body === undefined) return undefined;
  const wrong = misfit([...where, 'requestBody', 'content', 'application/json', 'schema'], req.body);
  return wrong && `a body was accepted that does not fit: ${wrong}`;
}
