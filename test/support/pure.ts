/**
 * The whole program in memory: the fold without a database, for properties and tables.
 * Promises: the same fold that the engine runs, over a world that holds everything; ids and time are given.
 */
import { createHash } from 'node:crypto';
import { fold } from '../../src/engine/fold.ts';
import type { Command } from '../../src/model/commands.ts';
import type { Fact, MemberFact, PaymentFact } from '../../src/model/facts.ts';
import type { FoldContext, FoldEvent } from '../../src/model/fold.ts';
import type { LoadedProgram, Program } from '../../src/model/program.ts';
import type { Reward } from '../../src/model/records.ts';
import { World } from '../../src/model/world.ts';

const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22);

export class PureProgram {
  readonly world = new World();
  readonly loaded: LoadedProgram;
  now = new Date('2026-05-01T12:00:00Z');
  #nextId = 1n;
  #events = 0n;
  /** Folded after each event, if set: a sink that answers at once. */
  sink: 'confirms' | 'silent' = 'silent';

  constructor(program: Program) {
    this.loaded = { no: 1, version: 1, program };
  }

  tell(
    facts: Fact | readonly Fact[],
    options: { source?: string; type?: string; at?: Date; mode?: 'test' | 'live' } = {},
  ): string {
    const list = Array.isArray(facts) ? (facts as Fact[]) : [facts as Fact];
    const content = { normalized: { mode: options.mode, occurredAt: options.at, facts: list, ignored: undefined } };
    return this.#fold({ kind: 'facts', ...content }, options.source ?? 'app', options.type ?? 'test');
  }

  command(command: Command): string {
    return this.#fold({ kind: 'command', command }, 'plusone', command.command);
  }

  #fold(content: FoldEvent['content'], source: string, type: string): string {
    const id = ++this.#events;
    const occurredAt = content.kind === 'facts' ? (content.normalized.occurredAt ?? this.now) : this.now;
    const event: FoldEvent = {
      id,
      source,
      eventId: `evt_${id}`,
      type,
      receivedAt: this.now,
      occurredAt,
      triedOnce: true,
      content,
    };
    const outcome = fold(this.world, [event], this.context())[0]?.outcome;
    if (outcome?.kind === 'parked') throw new Error(`parked: ${outcome.reason}`);
    this.#carryOn();
    return outcome?.kind === 'ignored' ? outcome.reason : 'handled';
  }

  /** What the fold told itself, as the engine's next batch would. */
  #carryOn(): void {
    const told = Array.from(this.world.told.all());
    for (const { id } of told) this.world.told.remove(id);
    for (const { command } of told) this.command(command);
  }

  context(): FoldContext {
    return {
      loaded: this.loaded,
      now: this.now,
      nextId: () => this.#nextId++,
      keyed: {
        hash: (kind, value) => digest(`${kind}\n${value}`),
        told: (address) => digest(`told\n${address}`),
        code: (memberId, _name, attempt) => `C${digest(`${memberId}${attempt}`).replace(/[-_]/g, 'x').slice(0, 9)}`,
        hiddenCode: (key) => `erased.${digest(`code\n${key}`).toLowerCase()}`,
      },
      isPublicMailbox: (domain) => domain === 'gmail.com',
      isDisposable: (domain) => domain === 'mailinator.com',
      subnetOf: (ip) => ip.split('.').slice(0, 3).join('.'),
    };
  }

  /** As load-world would: the open delivery with the state in which its sender left it. */
  showDelivery(id: bigint): void {
    const intent = this.world.deliveries.get(id);
    if (intent) this.world.openDeliveries.put({ ...intent, state: 'sending', tryNow: false });
  }

  codeOf(memberId: string): string {
    const person = this.world.aliases.get(`member\n${memberId}`)?.personId;
    const code = person === undefined ? undefined : this.world.codes.by('person', person)[0];
    if (!code) throw new Error(`${memberId} has no code`);
    return code.code;
  }

  rewards(): Reward[] {
    return Array.from(this.world.rewards.all());
  }

  balance(memberId: string, account: string): bigint {
    const person = this.world.aliases.get(`member\n${memberId}`)?.personId;
    const found = Array.from(this.world.balances.all()).filter((b) => b.personId === person && b.account === account);
    return found.reduce((sum, b) => sum + b.balance, 0n);
  }

  /** Every transaction balanced, every balance the sum of its entries, every reward's posting as the ledger has it. */
  check(): void {
    const balances = new Map<string, bigint>();
    const byReward = new Map<bigint, bigint>();
    for (const transaction of this.world.transactions.all()) {
      const sums = new Map<string, bigint>();
      for (const { personId, account, unit, amount } of transaction.entries) {
        sums.set(unit, (sums.get(unit) ?? 0n) + amount);
        const key = `${personId}\n${account}\n${unit}`;
        if (personId > 0n) balances.set(key, (balances.get(key) ?? 0n) + amount);
        if ((account === 'rewards' || account === 'forfeited') && transaction.rewardId !== null) {
          byReward.set(transaction.rewardId, (byReward.get(transaction.rewardId) ?? 0n) - amount);
        }
      }
      for (const [unit, sum] of sums)
        if (sum !== 0n) throw new Error(`${transaction.kind} is out of balance by ${sum} ${unit}`);
    }
    for (const b of this.world.balances.all()) {
      if ((balances.get(`${b.personId}\n${b.account}\n${b.unit}`) ?? 0n) !== b.balance)
        throw new Error(`balance ${b.account} drifted`);
      if (b.account === 'debt' ? b.balance > 0n : b.balance < 0n) throw new Error(`${b.account} is ${b.balance}`);
    }
    for (const reward of this.world.rewards.all()) {
      const posted = byReward.get(reward.id) ?? 0n;
      if (posted !== reward.postedAmount)
        throw new Error(`reward ${reward.id} says ${reward.postedAmount}, the ledger ${posted}`);
    }
    this.#checkCredits();
  }

  /** What is available lies in lots; what was spent was taken of lots; nothing of it is below zero. */
  #checkCredits(): void {
    const { world } = this;
    const held = new Map<string, bigint>();
    for (const lot of world.lots.all()) {
      const key = `${lot.personId}\navailable\n${lot.unit}`;
      held.set(key, (held.get(key) ?? 0n) + lot.remaining);
      if (lot.remaining < 0n || lot.expired < 0n || lot.remaining + lot.expired > lot.granted)
        throw new Error(`lot ${lot.rewardId} has ${lot.remaining} and ${lot.expired} of ${lot.granted}`);
    }
    for (const b of world.balances.all()) {
      const lots = held.get(`${b.personId}\n${b.account}\n${b.unit}`) ?? 0n;
      if (b.account === 'available' && lots !== b.balance) throw new Error(`${b.balance} available, ${lots} in lots`);
    }
    for (const reward of world.rewards.all()) {
      const { amount, reversedAmount, forfeitedAmount } = reward;
      if (forfeitedAmount < 0n || reversedAmount < 0n || reversedAmount + forfeitedAmount > amount)
        throw new Error(`reward ${reward.id} of ${amount}: ${reversedAmount} reversed, ${forfeitedAmount} forfeited`);
    }
    for (const spend of world.spends.all()) {
      const taken = world.spendLots.by('spend', spend.id).reduce((sum, lot) => sum + lot.amount, 0n);
      if (taken !== spend.amount) throw new Error(`spend ${spend.id} of ${spend.amount} took ${taken}`);
    }
  }
}

export const member = (memberId: string, more: Partial<MemberFact> = {}): MemberFact => ({
  fact: 'member',
  change: 'created',
  memberId,
  codes: [],
  ...more,
});

export const paid = (id: string, memberId: string, gross: number, more: Partial<PaymentFact> = {}): PaymentFact => ({
  fact: 'payment',
  provider: 'standard',
  account: 'app',
  objects: [{ id, nameRank: 0 }],
  rank: 4,
  currency: 'usd',
  gross: BigInt(gross),
  tax: 0n,
  paidAt: new Date('2026-05-01T10:00:00Z'),
  payers: [{ by: 'member_id', memberId }],
  codes: [],
  standsAlone: true,
  sameAs: [],
  ...more,
});
