/**
 * A program of its own for each test in the file's database, a clock that is set by hand, and deliveries as the engine
 * plans them.
 */
import { createHash } from 'node:crypto';
import { openPools, type Pools } from '../../src/db/pool.ts';
import type { Timing } from '../../src/delivery/backoff.ts';
import { createDeliverer, type Deliverer } from '../../src/delivery/deliver.ts';
import { createHttp, type Http } from '../../src/delivery/egress.ts';
import { freezeDelivery } from '../../src/delivery/freeze.ts';
import type { LoadedProgram, SinkConfig } from '../../src/model/program.ts';
import type { DeliveryIntent, Reward } from '../../src/model/records.ts';
import { freshDatabase } from '../support/database.ts';

export const START = new Date('2026-05-01T00:00:00Z');

/** Quick tries without waiting; deadlines short enough for a test, long enough for a busy machine. */
export const FAST: Partial<Timing> = { tryMs: 1_000, quickMs: 5_000, quickDelayMs: 1, tryMsMin: 1, quickRetries: 2 };

export interface Planned {
  readonly kind?: DeliveryIntent['kind'];
  readonly amount?: bigint;
  readonly triedOnce?: boolean;
  readonly key?: string;
  /** The how many-th reversal or restoration. */
  readonly n?: number;
}

export type Row = Record<string, unknown> & {
  state: string;
  outcome: string | null;
  next_try_at: Date | null;
  reference: string | null;
};

export interface Harness {
  readonly no: number;
  readonly log: string[];
  /** Programs whose engine was called. */
  readonly woken: number[];
  now: Date;
  sink: SinkConfig;
  readonly deliverer: Deliverer;
  /** Another process with the same database. */
  another(timing?: Partial<Timing>, options?: { concurrency?: number }): Deliverer;
  later(ms: number): void;
  plan(planned?: Planned): Promise<bigint>;
  approve(id: bigint): Promise<void>;
  row(id: bigint): Promise<Row>;
  attempts(id: bigint): Promise<string[]>;
  /** What the engine was told, in order. */
  told(id: bigint): Promise<string[]>;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
}

export interface Base {
  readonly pools: Pools;
  readonly http: Http;
  drop(): Promise<void>;
}

/** One for a file: making a database takes longer than most of its tests. */
export async function startBase(): Promise<Base> {
  const database = await freshDatabase();
  const pools = openPools(database.appUrl, { applicationName: 'test', log: () => {} });
  const http = createHttp({ allow: ['127.0.0.0/8'] });
  const drop = async () => {
    await http.close();
    await pools.close();
    await database.drop();
  };
  return { pools, http, drop };
}

let ids = 1000n;

export async function startHarness({ pools, http }: Base, sink: SinkConfig): Promise<Harness> {
  const log: string[] = [];
  const woken: number[] = [];
  const created = await pools.general.query(`insert into programs (name, created_at) values ($1, now()) returning no`, [
    `acme ${ids}`,
  ]);
  const programNo = created.rows[0].no as number;

  const loaded = (): LoadedProgram =>
    ({
      no: programNo,
      version: 1,
      program: { program: 'acme', rules: [{ name: 'share', label: 'Top-up share' }], sink: harness.sink },
    }) as unknown as LoadedProgram;

  const another: Harness['another'] = (own = {}, options = {}) =>
    createDeliverer({
      pools,
      clock: { now: async () => harness.now },
      programByNo: loaded,
      http,
      log: (line) => log.push(line),
      onResults: (no) => woken.push(no),
      timing: { ...FAST, ...own },
      ...options,
    });

  const harness: Harness = {
    no: programNo,
    log,
    woken,
    now: START,
    sink,
    get deliverer() {
      return main;
    },
    another,
    later: (ms) => {
      harness.now = new Date(harness.now.getTime() + ms);
    },
    plan: async (planned = {}) => {
      const id = ids++;
      const { intent, reward } = planOf(id, planned, harness.now, programNo);
      const { sink: kind, request } = freezeDelivery(loaded(), intent, reward, 'cus_1', (value) =>
        createHash('sha256').update(value).digest('base64url'),
      );
      await harness.sql(
        `insert into deliveries (program_no, id, reward_id, kind, amount, unit, idempotency_key, sink, request, state, tried_once, created_at, next_try_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'planned', $10, $11, $11)`,
        [
          programNo,
          id,
          intent.rewardId,
          intent.kind,
          intent.amount,
          intent.unit,
          intent.idempotencyKey,
          kind,
          request,
          intent.triedOnce,
          intent.createdAt,
        ],
      );
      return id;
    },
    approve: async (id) => {
      // As the engine's save does it.
      await harness.sql(
        `update deliveries set next_try_at = 'epoch', tried_once = true, state = case when state = 'sending' then state else 'planned' end where id = $1`,
        [id],
      );
    },
    row: async (id) => (await harness.sql('select * from deliveries where id = $1', [id]))[0] as Row,
    attempts: async (id) => {
      const rows = await harness.sql('select * from delivery_attempts where delivery_id = $1 order by no', [id]);
      return rows.map((row) => `${row.action} ${row.outcome}`);
    },
    told: async (id) => {
      const rows = await harness.sql(
        `select e.body from inbox_events e join inbox_queue q using (program_no, id)
          where e.source = 'plusone' and e.type = 'delivery.result' and e.event_id like 'delivery:' || $1 || ':%' order by e.id`,
        [String(id)],
      );
      return rows.map((row) => (JSON.parse(row.body as string) as { result: string }).result);
    },
    sql: async (text, values = []) => (await pools.general.query(text, values)).rows,
  };
  const main = another();
  return harness;
}

/** Deliveries of one key are of one reward. */
const rewards = new Map<string, bigint>();
function rewardOf(key: string, programNo: number, id: bigint): bigint {
  const known = rewards.get(`${programNo} ${key}`) ?? id + 1_000_000n;
  rewards.set(`${programNo} ${key}`, known);
  return known;
}

function planOf(
  id: bigint,
  planned: Planned,
  createdAt: Date,
  programNo: number,
): { intent: DeliveryIntent; reward: Reward } {
  const { kind = 'create', amount = 500n, triedOnce = false } = planned;
  const createKey = planned.key ?? `ref:auto:in_${id}`;
  const idempotencyKey = kind === 'create' ? createKey : `${createKey}:${kind}:${planned.n ?? 1}`;
  const rewardId = rewardOf(createKey, programNo, id);
  const intent: DeliveryIntent = {
    id,
    rewardId,
    kind,
    amount,
    unit: 'usd',
    idempotencyKey,
    createdAt,
    triedOnce,
    causeId: 1n,
    personId: 7n,
  };
  const reward = {
    id: rewardId,
    rule: 'share',
    idempotencyKey: createKey,
    memberId: 'user_7',
    sourcePaymentId: `in_${id}`,
  } as unknown as Reward;
  return { intent, reward };
}
