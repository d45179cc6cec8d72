/**
 * The door for webhooks: find the source, verify the raw bytes, store, and only then say yes.
 * Promises: 200 means committed; a repeated event is 200 with `duplicate: true`; nothing is parsed before its signature
 * matched. Must never: decide anything, or look at the test clock for the freshness of a signature.
 */
import type { Request, Response } from 'express';
import { API_SOURCE } from '../engine/read-events.ts';
import { INTERNAL_SOURCE } from '../model/commands.ts';
import type { LoadedProgram } from '../model/program.ts';
import type { Envelope, Provider, SourceConfig } from '../model/provider.ts';
import type { Deps } from './deps.ts';
import { preferredWait } from './prefer-wait.ts';
import { Problem } from './problems.ts';
import { param, programOf, type Route } from './routes.ts';

type Needs = Pick<Deps, 'env' | 'providers' | 'receive' | 'settle'>;

/** Rows of these sources are written by ourselves; a program file that used the names would still not open them. */
const NOT_FROM_OUTSIDE: ReadonlySet<string> = new Set([INTERNAL_SOURCE, API_SOURCE]);

export function webhookRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: '/webhooks/:source',
      credential: 'signature',
      body: 'raw',
      handle: (req, res) => receiveWebhook(deps, req, res),
    },
  ];
}

async function receiveWebhook(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  const { source, provider } = sourceOf(deps, loaded, param(req, 'source'));
  const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  const envelope = verified(provider, source, raw, req);
  const waitMs = preferredWait(req, deps.env);
  const { id, duplicate } = await deps.receive({
    programNo: loaded.no,
    source: source.name,
    eventId: envelope.eventId,
    type: envelope.type,
    occurredAt: envelope.occurredAt,
    body: raw.toString('utf8'),
    parsed: envelope.body,
    triedOnce: waitMs !== undefined,
  });
  if (waitMs !== undefined) await deps.settle(loaded.no, id, waitMs);
  res.json({ received: true, duplicate });
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
function verified(provider: Provider, source: SourceConfig, raw: Buffer, req: Request): Envelope {
  const result = provider.verify({ raw, headers: req.headers }, source, new Date());
  if (!result.ok) throw new Problem(result.refusal);
  return result.envelope;
}
