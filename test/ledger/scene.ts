/** Somebody who earns 5 % of what Bob pays, with the tiers of Hanzo, on the pure core. */
import type { Command } from '../../src/model/commands.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { Program, Tier } from '../../src/model/program.ts';
import type { Spend } from '../../src/model/records.ts';
import { claudexia } from '../support/programs.ts';
import { member, PureProgram, paid } from '../support/pure.ts';

export const DAY = 86_400_000;

const tier = (name: string, from: bigint, maxBalance: bigint, expiresAfter: Tier['expiresAfter']): Tier => ({
  name,
  from,
  maxBalance,
  expiresAfter,
  credit: undefined,
  share: undefined,
});
export const TIERS = [
  tier('starter', 0n, 2_000_000n, 90 * DAY),
  tier('growth', 10n, 2_000_000n, 180 * DAY),
  tier('partner', 200n, 15_000_000n, 'never'),
];

export class Scene extends PureProgram {
  #keys = 0;

  constructor(changes: Partial<Program> = {}) {
    const { rules } = claudexia();
    const anyAmount = rules.map((rule) => ({ ...rule, minimumPayment: 0n }));
    super(claudexia({ tiers: TIERS, signals: [], rules: anyAmount, ...changes }));
    this.tell(member('alice', { email: 'alice@example.com' }));
    const codes = [{ code: this.codeOf('alice'), carrier: 'referral_code' }];
    this.tell(member('bob', { email: 'bob@work.example', codes }));
  }

  /** Alice earns so much, in cents: a twentieth of what Bob pays. */
  earn(id: string, cents: number): void {
    this.tell(paid(id, 'bob', cents * 20));
  }

  /** So much of what Alice earned is taken back, in cents. */
  refund(id: string, cents: number, status: 'succeeded' | 'failed' = 'succeeded'): void {
    const objects = [{ id, nameRank: 0 }];
    const of = { provider: 'standard', account: 'app', objects, amount: BigInt(cents * 20) };
    this.tell({ fact: 'refund', refundId: `re_${id}`, ...of, status });
  }

  dispute(id: string, status: 'open' | 'won' | 'lost', cents = 0): void {
    const objects = [{ id, nameRank: 0 }];
    const fact: Fact = {
      fact: 'dispute',
      provider: 'standard',
      account: 'app',
      objects,
      disputeId: `dp_${id}`,
      amount: BigInt(cents * 20),
      status,
    };
    this.tell(fact);
  }

  /** What came of it: the spend, or why there is none. */
  spend(cents: number, options: { key?: string; reason?: string | null; who?: string } = {}): Spend | string {
    const { key = `own_${++this.#keys}`, reason = null, who = 'alice' } = options;
    const content = { unit: 'usd', amount: String(cents), idempotencyKey: key, reason };
    const said = this.command({ command: 'credit.spend', memberId: who, ...content });
    return said === 'handled' ? (this.world.spends.by('key', key)[0] as Spend) : said;
  }

  void(spend: Spend | string): string {
    if (typeof spend === 'string') throw new Error(`nothing was spent: ${spend}`);
    return this.command({ command: 'credit.void', spendId: String(spend.id) });
  }

  /** The clock goes on, and the timer looks: as jobs/due.sql.ts tells what is due. */
  wait(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
    this.look();
  }

  look(): void {
    const due = Array.from(this.world.lots.all()).filter(
      (lot) => lot.remaining > 0n && lot.expiresAt !== null && lot.expiresAt <= this.now,
    );
    for (const lot of due) this.command({ command: 'lot.expire', lot: String(lot.rewardId) });
  }

  setTier(name: string): void {
    const command: Command = { command: 'member.patch', memberId: 'alice', actor: 'admin', tier: name };
    this.command(command);
  }

  /** Alice's accounts, and the program's, in cents. */
  sums(): Record<string, number> {
    this.check();
    const sums: Record<string, number> = {};
    for (const { entries } of this.world.transactions.all())
      for (const { account, amount } of entries) sums[account] = (sums[account] ?? 0) + Number(amount);
    return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
  }

  reward(id: string) {
    return this.rewards().find((reward) => reward.sourcePaymentId === id);
  }

  /** Kinds of the ledger's transactions, in order. */
  kinds(): string[] {
    return Array.from(this.world.transactions.all(), (transaction) => transaction.kind);
  }
}
