/** One program's inbox and engine on a database of its own, several "processes" if wanted. */
import { parseSecretKey, type SecretKeys } from '../../src/config/secrets.ts';
import { type Core, createCore } from '../../src/core.ts';
import { openPools, type Pools } from '../../src/db/pool.ts';
import type { LoadedProgram, Program } from '../../src/model/program.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { claudexia } from './programs.ts';

export interface Process {
  readonly core: Core;
  readonly pools: Pools;
}

export class TestProgram {
  readonly loaded: LoadedProgram;
  readonly db: TestDatabase;
  readonly processes: Process[] = [];
  readonly errors: unknown[] = [];
  now = new Date('2026-05-01T12:00:00Z');
  #events = 0;

  constructor(db: TestDatabase, program: Program) {
    this.db = db;
    this.loaded = { no: 1, version: 1, program };
  }

  static async start(
    options: { processes?: number; program?: Partial<Program>; folds?: boolean } = {},
  ): Promise<TestProgram> {
    const program = new TestProgram(await freshDatabase(), claudexia(options.program));
    for (let i = 0; i < (options.processes ?? 1); i++) program.addProcess(options.folds ?? true);
    return program;
  }

  addProcess(folds: boolean, crashPoint?: (name: string) => void): Process {
    const pools = openPools(this.db.appUrl, { applicationName: 'test', log: () => {} });
    const core = createCore({
      pools,
      keys: parseSecretKey('x'.repeat(40)) as SecretKeys,
      providers: PROVIDERS,
      programByNo: () => this.loaded,
      now: async () => this.now,
      onBatch: () => {},
      onError: (_loaded, error) => this.errors.push(error),
      folds,
      crashPoint,
    });
    this.processes.push({ core, pools });
    return { core, pools };
  }

  get first(): Process {
    return this.processes[0] as Process;
  }

  /** Puts one canonical event into the inbox, through the given process. */
  async put(type: string, data: object, options: { id?: string; process?: Process } = {}) {
    const id = options.id ?? `evt_${++this.#events}`;
    const body = JSON.stringify({ type, timestamp: this.now.toISOString(), data });
    const event = {
      programNo: 1,
      source: 'app',
      eventId: id,
      type,
      receivedAt: this.now,
      occurredAt: this.now,
      triedOnce: true,
      body,
    };
    return await (options.process ?? this.first).core.receive(event);
  }

  async drain(): Promise<void> {
    await Promise.all(this.processes.map(({ core }) => core.engine.drain(1)));
  }

  async rows(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.first.pools.general.query(text, values)).rows as Record<string, unknown>[];
  }

  async codeOf(memberId: string): Promise<string> {
    const text = `select c.code from codes c join person_aliases a on a.program_no = c.program_no and a.person_id = c.person_id
      where a.kind = 'member' and a.value = $1 and c.kind = 'primary'`;
    return (await this.rows(text, [memberId]))[0]?.code as string;
  }

  /** Referrer `alice` and referees, all signed up. */
  async referees(count: number, referrer = 'alice'): Promise<void> {
    await this.put('member.created', { member_id: referrer, email: `${referrer}@example.com` });
    await this.drain();
    const code = await this.codeOf(referrer);
    const signups = Array.from({ length: count }, (_, i) => ({
      member_id: `${referrer}_r${i}`,
      email: `r${i}@${referrer}.example`,
      referral_code: code,
    }));
    await Promise.all(signups.map((data) => this.put('member.created', data)));
    await this.drain();
  }

  /** Ledger against itself: unbalanced transactions, drifted balances, rewards whose posting differs. */
  async drift(): Promise<Record<string, unknown>[]> {
    return await this.rows(`
      select 'unbalanced' as what, transaction_id as id from ledger_entries group by transaction_id, unit having sum(amount) <> 0
      union all select 'balance', b.person_id from balances b left join lateral (
        select coalesce(sum(e.amount), 0) as total from ledger_entries e
        where e.program_no = b.program_no and e.person_id = b.person_id and e.account = b.account and e.unit = b.unit) e on true
        where b.balance <> e.total
      union all select 'posted', r.id from rewards r left join lateral (
        select coalesce(sum(e.amount), 0) as total from ledger_transactions t join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
        where t.program_no = r.program_no and t.reward_id = r.id and e.account in ('rewards', 'forfeited')) e on true
        where r.posted_amount <> -e.total
      union all select 'lots', b.person_id from balances b left join lateral (
        select coalesce(sum(l.remaining), 0) as total from lots l
        where l.program_no = b.program_no and l.person_id = b.person_id and l.unit = b.unit) l on true
        where b.account = 'available' and b.balance <> l.total`);
  }

  async stop(): Promise<void> {
    for (const { core, pools } of this.processes) {
      await core.engine.stop();
      await pools.close();
    }
    await this.db.drop();
  }
}
