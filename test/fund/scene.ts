// A program with a fund on the whole service, a repository that it pays for, and a sink of its own for payouts.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import PostalMime from 'postal-mime';
import { openPool } from '../../src/db/pool.ts';
import { type Contributor, prove, register, setDetails } from '../../src/fund/contributors.ts';
import type { LoadedProgram } from '../../src/model/program.ts';
import { type FakeSink, startFakeSink } from '../support/fake-sink.ts';
import { ANN, BEN, cycloneDx, linesOf, TestRepository } from '../support/git-repository.ts';
import { START, TestService } from '../support/service.ts';

export const BOT = 'dependabot[bot] <support@bots.example>';

export interface FundScene {
  readonly service: TestService;
  readonly repository: TestRepository;
  readonly sink: FakeSink;
  readonly loaded: LoadedProgram;
  readonly sbom: string;
  /** Registered, with the address proved, and with details unless told otherwise. */
  contributor(username: string, address: string, details?: Record<string, string> | null): Promise<Contributor>;
  /** A payment by bob, whom alice referred. */
  paid(id: string, amount: number, more?: object): Promise<void>;
  to(time: string): Promise<void>;
  /** The mails that have gone out, oldest first. */
  mails(): Promise<readonly { readonly to: string; readonly text: string }[]>;
  rows(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Account → balance, of the fund: `fund`, or `fund_owed ann`. */
  accounts(): Promise<Record<string, number>>;
  /** With the owner's rights. */
  asOwner(text: string, values?: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

export interface FundOptions {
  /** Lines of the fund in the program file, beside share, components and repositories. */
  readonly more?: string;
  readonly payout?: 'webhook' | 'csv';
}

export async function startFund({ more = '', payout = 'webhook' }: FundOptions = {}): Promise<FundScene> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'plusone-fund-'));
  const repository = new TestRepository();
  // 60 lines at 2 and 30 at 1 for Ann, 20 at 2 for Ben: 150 to 40.
  repository.commit(ANN, { 'core/a.ts': linesOf('a', 60), 'docs/a.md': linesOf('doc', 30) });
  repository.commit(BEN, { 'core/b.ts': linesOf('b', 20) });
  repository.commit(BOT, { 'core/c.ts': linesOf('bot', 500) });
  const sbom = path.join(folder, 'sbom.json');
  writeFileSync(sbom, cycloneDx({ app: '1.0.0', 'left-pad': '1.3.0' }));
  const sink = await startFakeSink();
  const yaml = `
fund:
  share: "25%"
  of: referred_net
  minimum_payout: 50.00
  sbom: ${sbom}
  repositories: { app: { path: ${repository.folder}, package: app, revision: main } }
  components:
    - { name: core, weight: 2.0, files: ["app/core/**"] }
    - { name: docs, weight: 1.0, files: ["app/docs/**"] }
  payout: ${payout === 'csv' ? '{ sink: csv }' : `{ sink: webhook, url: ${sink.url}, secret: ${sink.secret} }`}
${more}`;
  const service = await TestService.start({ edit: (text) => `${text}\n${yaml}`, sinkUrl: undefined as never });
  await service.aliceRefersBob();
  const owner = openPool(service.db.ownerUrl, { name: 'test owner', max: 2, log: () => {} });
  const [loaded] = service.service.programs.all() as [LoadedProgram];
  const { ports } = service.service.deps.fund;
  let now = START;
  const rows: FundScene['rows'] = async (text, values = []) => (await owner.query(text, values)).rows;
  return {
    ...{ service, repository, sink, loaded, sbom, rows },
    contributor: async (username, address, details = { iban: `DE-${username}` }) => {
      let token = '';
      const mail: typeof ports.mail = async (_loaded, challenge) => {
        token = challenge.token;
      };
      const made = await register({ ...ports, mail }, loaded, { username, address, by: { operator: true } });
      if (details) await setDetails(ports, loaded, made.id, details, 'test');
      return await prove(ports, loaded, token, null);
    },
    paid: async (id, amount, more = {}) => {
      const data = { payment_id: id, member_id: 'bob', amount, currency: 'usd', paid_at: now, ...more };
      await service.tell('payment.succeeded', data);
    },
    to: async (time) => {
      now = time;
      const { status, body } = await service.admin('POST', '/test-clock', { now: time });
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    accounts: async () => {
      const found = await rows(`
        select trim(b.account || ' ' || coalesce(lower(c.github_username), '')) as name, b.balance
          from balances b left join fund_contributors c on c.id = b.person_id where b.account like 'fund%' and b.balance <> 0 order by 1`);
      return Object.fromEntries(found.map(({ name, balance }) => [name, Number(balance)]));
    },
    mails: async () => {
      // Setting the clock sends what is due.
      await service.admin('POST', '/test-clock', { now });
      const folder = path.join(service.dir, 'outbox');
      const names = existsSync(folder) ? readdirSync(folder).sort() : [];
      const parsed = await Promise.all(names.map((name) => PostalMime.parse(readFileSync(path.join(folder, name)))));
      return parsed.map((mail) => ({ to: mail.to?.[0]?.address ?? '', text: mail.text ?? '' }));
    },
    asOwner: (text, values = []) => owner.query(text, values),
    stop: async () => {
      await owner.end();
      await service.stop();
      await sink.close();
      repository.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
