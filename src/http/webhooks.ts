/**
 * The door for webhooks: find the source, verify the raw bytes, store, and only then say yes.
 * Promises: 200 means committed; a repeated event is 200 with `duplicate: true`; nothing is parsed before its signature
 * matched. Must never: decide anything, or look at the test clock for the freshness of a signature.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import * as z from 'zod';
import { API_SOURCE } from '../engine/read-events.ts';
import { INTERNAL_SOURCE } from '../model/commands.ts';
import type { LoadedProgram } from '../model/program.ts';
import type { Envelope, Provider, SourceConfig } from '../model/provider.ts';
import { answer } from './answer.ts';
import type { Deps } from './deps.ts';
import { preferredWait } from './prefer-wait.ts';
import { Problem } from './problems.ts';
import { BODY_BYTES_MAX, param, programOf, type Route } from './routes.ts';

type Needs = Pick<Deps, 'env' | 'providers' | 'receive' | 'settle'>;

/** Rows of these sources are written by ourselves; a program file that used the names would still not open them. */
const NOT_FROM_OUTSIDE: ReadonlySet<string> = new Set([INTERNAL_SOURCE, API_SOURCE]);
const PATH = '/webhooks/:source';

const received = z
  .strictObject({ received: z.literal(true), duplicate: z.boolean().describe('the event was known already') })
  .meta({ id: 'Received' });

export function webhookRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: PATH,
      credential: 'signature',
      body: 'raw',
      summary: 'A webhook of a source that the program file declares',
      description:
        'The bytes as the provider signed them; the kind of the source says which signature is checked. A source of ' +
        'the kind `standard` sends a CanonicalEvent under a Standard Webhooks signature. 200 means committed. A type ' +
        'that is not known is kept as ignored, and is 200, too.',
      asks: { body: z.unknown() },
      answers: received,
      refuses: ['unknown_source', 'missing_signature', 'bad_signature', 'stale_timestamp', 'not_parseable'],
      handle: async (req, res) => {
        const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
        const duplicate = await take(deps, programOf(res), param(req, 'source'), raw, req.headers);
        answer(res, received, { received: true, duplicate });
      },
    },
  ];
}

/**
 * The same route for what nearly every webhook is: one plain body of a known length under `/p/:program`. It answers
 * before Express' router, which with helmet takes as long as verifying the signature does; whatever is not plain goes
 * on to the route itself. `headers` are those of every answer.
 */
export function webhookDoor(
  deps: Needs & Pick<Deps, 'programs'>,
  headers: readonly (readonly string[])[],
): RequestHandler {
  const answers = [false, true].map((duplicate) => {
    const said: z.input<typeof received> = { received: true, duplicate };
    return answerOf(JSON.stringify(said), headers);
  });
  return (req, res, next) => {
    const [, name = '', source = ''] = (isPlain(req) && PLAIN_PATH.exec(req.url)) || [];
    const loaded = deps.programs.byName(name);
    if (!loaded) {
      next();
      return;
    }
    Object.assign(res.locals, { program: loaded, route: `/p/:program${PATH}` });
    readWhole(req)
      .then((raw) => take(deps, loaded, source, raw, req.headers))
      .then((duplicate) => {
        const [head, body] = answers[Number(duplicate)] as (typeof answers)[number];
        res.writeHead(200, head).end(body);
      })
      .catch((error: unknown) => {
        for (const [header = '', value = ''] of headers) res.setHeader(header, value);
        next(error);
      });
  };
}

const PLAIN_PATH = /^\/p\/([\w-]+)\/webhooks\/([\w-]+)$/;

function isPlain({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'POST' &&
    headers['content-encoding'] === undefined &&
    Number(headers['content-length']) <= BODY_BYTES_MAX
  );
}

/** Node ends the request at its Content-Length. */
function readWhole(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    req.on('error', () => reject(new Problem('bad_request')));
  });
}

function answerOf(body: string, headers: readonly (readonly string[])[]): [head: string[], body: string] {
  const own = [
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Content-Length', String(body.length)],
  ];
  return [[...headers, ...own].flat(), body];
}

/** Whether it was a duplicate. */
async function take(
  deps: Needs,
  loaded: LoadedProgram,
  name: string,
  raw: Buffer,
  headers: IncomingHttpHeaders,
): Promise<boolean> {
  const { source, provider } = sourceOf(deps, loaded, name);
  const envelope = verified(provider, source, raw, headers);
  const waitMs = preferredWait(headers, deps.env);
  const { id, duplicate } = await deps.receive({
    programNo: loaded.no,
    source: source.name,
    eventId: envelope.eventId,
    type: envelope.type,
    occurredAt: envelope.occurredAt,
    body: raw,
    parsed: envelope.body,
    triedOnce: waitMs !== undefined,
  });
  if (waitMs !== undefined) await deps.settle(loaded.no, id, waitMs);
  return duplicate;
}

function sourceOf(
  { providers }: Needs,
  { program }: LoadedProgram,
  name: string,
): { source: SourceConfig; provider: Provider } {
  const source = NOT_FROM_OUTSIDE.has(name) ? undefined : program.sources.find((each) => each.name === name);
  if (!source) throw new Problem('unknown_source');
  const provider = providers.get(source.kind);
  if (!provider) throw new Error(`bug: nothing verifies sources of the kind ${source.kind}`);
  return { source, provider };
}

/** Freshness goes by the real clock, always. */
function verified(provider: Provider, source: SourceConfig, raw: Buffer, headers: IncomingHttpHeaders): Envelope {
  const result = provider.verify({ raw, headers }, source, new Date());
  if (!result.ok) throw new Problem(result.refusal);
  return result.envelope;
}
