/**
 * Catching up with what a provider knows and no webhook brought.
 * Promises: what is missing goes through the door of webhooks, under the id that its webhook has or would have for us,
 * so that one that still comes changes nothing; every run leaves a row that says what it found. Must never: hold a
 * transaction open while it asks, or feed what is known.
 */
import type pg from 'pg';
import type { Http } from '../../delivery/egress.ts';
import { paddleWord } from '../../delivery/paddle-client.ts';
import { stripeWord } from '../../delivery/stripe-client.ts';
import { readEvent } from '../../engine/read-events.ts';
import type { NewEvent, Received } from '../../inbox/receive.ts';
import type { Fact } from '../../model/facts.ts';
import type { LoadedProgram, SourceAccount } from '../../model/program.ts';
import type { Provider } from '../../model/provider.ts';
import * as sql from './catch-up.sql.ts';
import { type List, type Listed, ListFailed, lotsOf, type Window } from './list.ts';
import { listLemonSqueezy, listPolar } from './orders.ts';
import { listPaddle } from './paddle.ts';
import { listStripe } from './stripe.ts';
import { listAuth0, listClerk, listLogto, listSupabase, listWorkos } from './users.ts';

const LISTS: ReadonlyMap<string, List> = new Map([
  ['stripe', listStripe],
  ['paddle', listPaddle],
  ['polar', listPolar],
  ['lemonsqueezy', listLemonSqueezy],
  ['clerk', listClerk],
  ['auth0', listAuth0],
  ['workos', listWorkos],
  ['supabase', listSupabase],
  ['logto', listLogto],
]);

const LOT = 100;
/** A run that takes longer ends as an error; the next goes on from the same place. */
const RUN_MS_MAX = 45 * 60_000;

export interface CatchUpPorts {
  readonly pool: pg.Pool;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly http: Http;
  readonly now: () => Promise<Date>;
  readonly receive: (event: NewEvent) => Promise<Received>;
}

export interface CatchUpOptions {
  /** Only this one. */
  readonly source?: string | undefined;
  /** Instead of where the last run left off. */
  readonly since?: Date | undefined;
  readonly whole?: boolean;
  readonly stopped?: () => boolean;
}

export interface CaughtUp {
  readonly source: string;
  readonly since: Date;
  readonly until: Date;
  readonly listed: number;
  readonly missing: number;
  /** How many of each type were missing. */
  readonly missingTypes: Readonly<Record<string, number>>;
  readonly error: string | null;
}

/** The sources that can be asked: an API key is configured, and their provider has a list. */
export function askable({ program }: LoadedProgram): readonly SourceAccount[] {
  return program.sources.filter(({ kind, apiKey }) => apiKey !== undefined && LISTS.has(kind));
}

export async function catchUp(
  ports: CatchUpPorts,
  loaded: LoadedProgram,
  options: CatchUpOptions = {},
): Promise<CaughtUp[]> {
  const reports: CaughtUp[] = [];
  for (const source of askable(loaded)) {
    if (options.source !== undefined && options.source !== source.name) continue;
    if (options.stopped?.()) break;
    reports.push(await catchUpSource(ports, loaded, source, options));
  }
  return reports;
}

async function catchUpSource(
  ports: CatchUpPorts,
  loaded: LoadedProgram,
  source: SourceAccount,
  options: CatchUpOptions,
): Promise<CaughtUp> {
  const until = await ports.now();
  const last = await sinceLast(ports, loaded.no, source.name, until);
  const since = options.since ?? last.since;
  const begun = await ports.pool.query(sql.BEGIN, [loaded.no, source.name, since, until, until]);
  const found = { listed: 0, missing: 0, missingTypes: {} as Record<string, number> };
  const began = since < last.began ? since : last.began;
  const window = { since, until, began, whole: options.whole ?? false };
  let error: string | null = null;
  try {
    await feed(ports, loaded, { source, window, found, stopped: options.stopped });
  } catch (failure) {
    error = wordOf(failure);
  }
  const values = [found.listed, found.missing, JSON.stringify(found.missingTypes), error];
  await ports.pool.query(sql.END, [loaded.no, begun.rows[0]?.id, await ports.now(), ...values]);
  return { source: source.name, since, until, ...found, error };
}

type Since = Pick<Window, 'since' | 'began'>;

async function sinceLast(ports: CatchUpPorts, no: number, source: string, until: Date): Promise<Since> {
  const { rows } = await ports.pool.query<Since>(sql.SINCE, [no, source]);
  const { since, began } = rows[0] ?? { since: until, began: until };
  return { since: since < until ? since : until, began };
}

interface Run {
  readonly source: SourceAccount;
  readonly window: Window;
  readonly found: { listed: number; missing: number; missingTypes: Record<string, number> };
  readonly stopped: (() => boolean) | undefined;
}

async function feed(
  ports: CatchUpPorts,
  loaded: LoadedProgram,
  { source, window, found, stopped }: Run,
): Promise<void> {
  const list = LISTS.get(source.kind);
  if (!list) throw new Error(`bug: nothing lists sources of the kind ${source.kind}`);
  const handles = new Set(ports.providers.get(source.kind)?.handles);
  const news = (listed: readonly Listed[]) => newsOf(ports, loaded, source, listed);
  const asking = { source, http: ports.http, signal: AbortSignal.timeout(RUN_MS_MAX), news };
  for await (const lot of lotsOf(list(asking, window), LOT)) {
    if (stopped?.()) throw new ListFailed('stopped');
    found.listed += lot.length;
    // What no handler takes would only fill the inbox.
    const known = lot.filter(({ type, made }) => !made && handles.has(type));
    const wanted = [...known, ...(await news(lot.filter(({ made }) => made)))];
    const received = await Promise.all(wanted.map((each) => receive(ports, loaded.no, source, each)));
    for (const [n, { duplicate }] of received.entries()) {
      const type = wanted[n]?.type ?? '';
      if (duplicate) continue;
      found.missing++;
      found.missingTypes[type] = (found.missingTypes[type] ?? 0) + 1;
    }
  }
}

async function receive(
  ports: CatchUpPorts,
  programNo: number,
  source: SourceAccount,
  listed: Listed,
): Promise<Received> {
  const { eventId, type, occurredAt, body } = listed;
  const receivedAt = await ports.now();
  const stored = { eventId, type, occurredAt, body: JSON.stringify(body), receivedAt, triedOnce: false };
  return await ports.receive({ programNo, source: source.name, ...stored });
}

/** Those that tell something which is not known; what cannot be read is for the inbox, which shows it. */
async function newsOf(
  ports: CatchUpPorts,
  loaded: LoadedProgram,
  source: SourceAccount,
  listed: readonly Listed[],
): Promise<Listed[]> {
  const told = listed.map((each) => factsOf(ports, loaded, source, each));
  const facts = told.flatMap((each) => each ?? []);
  const asked = facts.flatMap((fact, n) => traceOf(fact).map((trace) => ({ n, ...trace })));
  const column = (name: keyof (typeof asked)[number]) => asked.map((trace) => trace[name]);
  const columns = (['n', 'kind', 'provider', 'account', 'id', 'status', 'amount'] as const).map(column);
  const { rows } = await ports.pool.query<{ n: number }>(sql.KNOWN, [loaded.no, ...columns]);
  const known = new Set(rows.map(({ n }) => facts[n]));
  return listed.filter((_, n) => told[n]?.some((fact) => !known.has(fact)) ?? true);
}

/** As they will be read from the inbox; undefined when they cannot. */
function factsOf(
  { providers }: CatchUpPorts,
  { program }: LoadedProgram,
  source: SourceAccount,
  { eventId, type, body }: Listed,
): readonly Fact[] | undefined {
  const row = {
    id: 0n,
    source: source.name,
    eventId,
    type,
    receivedAt: new Date(0),
    occurredAt: null,
    triedOnce: false,
  };
  const read = readEvent({ ...row, body: JSON.parse(JSON.stringify(body)) as unknown }, program, providers);
  return read.ok && read.event.content.kind === 'facts' ? read.event.content.normalized.facts : undefined;
}

interface Trace {
  readonly kind: string;
  readonly provider: string;
  readonly account: string;
  readonly id: string;
  readonly status: string;
  readonly amount: bigint;
}

/** What of the fact would be known here; any of several objects is enough. Nothing: it is always news. */
function traceOf(fact: Fact): Trace[] {
  switch (fact.fact) {
    case 'payment':
      return fact.objects.map(({ id }) => ({ ...fact, kind: 'payment', id, status: '', amount: 0n }));
    case 'refund':
      return [{ ...fact, kind: 'refund', id: fact.refundId }];
    case 'dispute':
      return [{ ...fact, kind: 'dispute', id: fact.disputeId }];
    case 'member':
      return [{ kind: 'member', provider: '', account: '', id: fact.memberId, status: '', amount: 0n }];
    default:
      return [];
  }
}

/** One word: messages name customers. */
function wordOf(error: unknown): string {
  if (error instanceof ListFailed) return error.message;
  const word = stripeWord(error) ?? paddleWord(error);
  if (word !== undefined) return word;
  const { statusCode, message } = (error ?? {}) as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number') return `http_${statusCode}`;
  return typeof message === 'string' && /^\w{1,60}$/.test(message) ? message : 'failed';
}
