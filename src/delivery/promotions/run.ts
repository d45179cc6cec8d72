/**
 * Referral codes at the providers: made when their members ask for them, ended with the code itself.
 * Promises: outside any transaction; one object for each code, however often a try is repeated; what was made is told
 * through the door of webhooks, for the provider's own word may not be sent here. Must never: try for ever.
 */
import type pg from 'pg';
import type { LoadedProgram, Program } from '../../model/program.ts';
import { TIMING } from '../backoff.ts';
import type { Http } from '../egress.ts';
import { paddlePromoter } from './paddle.ts';
import type { Account, Outcome, Promoter } from './promotion.ts';
import * as sql from './promotions.sql.ts';
import { stripePromoter } from './stripe.ts';

const PROMOTERS: ReadonlyMap<string, Promoter> = new Map([
  ['stripe', stripePromoter],
  ['paddle', paddlePromoter],
]);

const MINUTE_MS = 60_000;
const AGAIN_MS = [0, 1, 5, 30, 120, 360, 720].map((minutes) => minutes * MINUTE_MS);
const AT_ONCE = 20;

export interface PromotionPorts {
  readonly pool: pg.Pool;
  readonly http: Http;
  readonly now: () => Promise<Date>;
  /** Under which keys a code may be kept by now. */
  readonly codeKeys: (programNo: number, code: string) => readonly string[];
  /** Puts an event of a source into the inbox. */
  readonly tell: (
    programNo: number,
    event: { source: string; eventId: string; type: string; body: string },
  ) => Promise<unknown>;
}

interface Row {
  readonly source: string;
  readonly code_key: string;
  readonly state: 'planned' | 'made';
  readonly object_id: string | null;
  readonly attempts: number;
  readonly code: string;
  readonly dead: boolean;
}

type Found = { readonly account: Account; readonly promoter: Promoter };

/** A member asked for this code. Resolves when it is planned, not when it is made. */
export async function planPromotion(ports: PromotionPorts, loaded: LoadedProgram, code: string): Promise<void> {
  const sources = promoting(loaded.program);
  if (sources.length === 0) return;
  await ports.pool.query(sql.PLAN, [loaded.no, sources, code, await ports.now()]);
}

/** Makes and ends what is due; returns how many were tried. */
export async function runPromotions(ports: PromotionPorts, loaded: LoadedProgram): Promise<number> {
  if (promoting(loaded.program).length === 0) return 0;
  await ports.pool.query(sql.PLAN_ENDS, [loaded.no, await ports.now()]);
  for (let tried = 0; ; ) {
    const values = [loaded.no, await ports.now(), AT_ONCE, TIMING.leaseMs];
    const { rows } = await ports.pool.query<Row>(sql.CLAIM, values);
    if (rows.length === 0) return tried;
    for (const row of rows) await tryOne(ports, loaded, row);
    tried += rows.length;
  }
}

function promoting(program: Program): string[] {
  return program.sources.filter((source) => accountOf(program, source.name)).map(({ name }) => name);
}

function accountOf(program: Program, name: string): Found | undefined {
  const source = program.sources.find((each) => each.name === name);
  const promoter = source && PROMOTERS.get(source.kind);
  if (!promoter || source.apiKey === undefined || source.discount === undefined) return undefined;
  return { promoter, account: { apiKey: source.apiKey, apiBase: source.apiBase, discount: source.discount } };
}

async function tryOne(ports: PromotionPorts, loaded: LoadedProgram, row: Row): Promise<void> {
  const outcome = await outcomeOf(ports, loaded.program, row);
  if (outcome.did === 'made') {
    const { type, body } = outcome.event;
    const event = { source: row.source, eventId: `made:${outcome.objectId}`, type, body: JSON.stringify(body) };
    await ports.tell(loaded.no, event);
  }
  const now = await ports.now();
  const wait = outcome.did === 'later' ? AGAIN_MS[row.attempts - 1] : undefined;
  const next = wait === undefined ? null : new Date(now.getTime() + wait);
  const reason = outcome.did === 'refused' || outcome.did === 'later' ? outcome.reason : null;
  const objectId = outcome.did === 'made' ? outcome.objectId : null;
  const key = [loaded.no, row.source, ports.codeKeys(loaded.no, row.code_key)];
  await ports.pool.query(sql.SETTLE, [
    ...key,
    stateAfter(row, outcome, next),
    objectId,
    reason,
    next,
    next ? null : now,
  ]);
}

async function outcomeOf({ http }: PromotionPorts, program: Program, row: Row): Promise<Outcome> {
  const found = accountOf(program, row.source);
  if (!found) return { did: 'refused', reason: 'source_gone' };
  const way = { http, signal: AbortSignal.timeout(TIMING.tryMs) };
  const { account, promoter } = found;
  if (row.object_id !== null) return await promoter.end(account, row.object_id, way);
  if (row.dead) return { did: 'refused', reason: 'code_revoked' };
  const { source, code, code_key: codeKey, attempts: attempt } = row;
  return await promoter.make(account, { program: program.program, source, code, codeKey, attempt }, way);
}

/** What cannot be ended stays as made, with the reason; it is not tried again. */
function stateAfter(row: Row, { did }: Outcome, next: Date | null): string {
  if (did === 'made' || did === 'ended') return did;
  if (row.state === 'made') return did === 'refused' || next === null ? 'ended' : 'made';
  return next === null ? 'refused' : 'planned';
}
