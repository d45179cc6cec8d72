/**
 * The inbox and the engine wired together: what every process that takes or folds events needs.
 * Promises: an event that was received wakes its program's loop; nothing here knows HTTP or a sink. Must never: hold
 * state that a restart would miss.
 */
import { randomUUID } from 'node:crypto';
import type { DerivedKeys } from './accounts/keyed.ts';
import { keyedFor, seal } from './accounts/keyed.ts';
import type { Pools } from './db/pool.ts';
import { freezeDelivery } from './delivery/freeze.ts';
import { Engine, type EngineOptions } from './engine/engine.ts';
import { type ReadEvent, readEvent } from './engine/read-events.ts';
import { isDisposable } from './fraud/disposable.ts';
import { isPublicMailbox } from './fraud/public-mailboxes.ts';
import { subnetOf } from './fraud/subnet.ts';
import { Handoff } from './inbox/handoff.ts';
import { createReceiver, type NewEvent, type Received } from './inbox/receive.ts';
import { customerOf } from './ledger/delivered.ts';
import { parseBody } from './model/body.ts';
import { keysOfText } from './model/code-names.ts';
import type { Keyed } from './model/fold.ts';
import type { LoadedProgram } from './model/program.ts';
import type { Provider } from './model/provider.ts';
import type { DeliveryIntent } from './model/records.ts';
import type { World } from './model/world.ts';

export interface CoreOptions {
  readonly pools: Pools;
  readonly keys: DerivedKeys;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly programByNo: (no: number) => LoadedProgram | undefined;
  readonly now: () => Promise<Date>;
  readonly onBatch: EngineOptions['onBatch'];
  readonly onError: EngineOptions['onError'];
  /** false in a process that only takes events: workers fold them. */
  readonly folds: boolean;
  readonly onReceived?: (programNo: number) => void;
  readonly crashPoint?: (name: string) => void;
}

export interface Core {
  readonly engine: Engine;
  readonly receive: (event: NewEvent) => Promise<Received>;
  readonly keyedFor: (loaded: LoadedProgram) => Keyed;
  /** The keys under which a code with this text may be kept. */
  readonly codeKeys: (programNo: number, written: string) => readonly string[];
}

function freeze(
  loaded: LoadedProgram,
  keyed: Keyed,
  world: World,
  intent: DeliveryIntent,
): { sink: string; request: string } {
  const reward = world.rewards.get(intent.rewardId);
  if (!reward) throw new Error(`bug: delivery ${intent.id} is of no reward`);
  const known = world.aliases.by('person', reward.personId).find((alias) => alias.kind === 'customer');
  const customerId = customerOf(world, loaded, reward) ?? known?.value.split(':').slice(2).join(':') ?? null;
  return freezeDelivery(loaded, intent, reward, customerId, (value) => keyed.hash('voucher', value));
}

export function createCore(options: CoreOptions): Core {
  const { pools, keys, providers } = options;
  const handoff = new Handoff<ReadEvent>();
  const receive = createReceiver({
    pool: pools.intake,
    statement: pools.statement,
    onStored: (event, id) => {
      if (options.folds) {
        const loaded = options.programByNo(event.programNo);
        const { parsed, occurredAt = null, ...rest } = event;
        const stored = { ...rest, id, occurredAt, body: parsed ?? parseBody(event.body.toString()) };
        if (loaded) handoff.put(event.programNo, id, readEvent(stored, loaded.program, providers));
        engine.wake(event.programNo);
      }
      options.onReceived?.(event.programNo);
    },
  });
  const made = new Map<LoadedProgram, Keyed>();
  const keyedOf = (loaded: LoadedProgram) => {
    const known = made.get(loaded) ?? keyedFor(keys, loaded.program);
    made.set(loaded, known);
    return known;
  };
  const engine: Engine = new Engine({
    pool: pools.general,
    statement: pools.statement,
    now: options.now,
    providers,
    handoff,
    keyedFor: keyedOf,
    isPublicMailbox,
    isDisposable,
    subnetOf,
    savePorts: (loaded) => ({
      keyVersion: keys.current,
      seal: (programNo, value) => seal(keys, programNo, value),
      freeze: (world, intent) => freeze(loaded, keyedOf(loaded), world, intent),
    }),
    worker: randomUUID(),
    crashPoint: options.crashPoint ?? (() => {}),
    programByNo: options.programByNo,
    receive,
    onBatch: options.onBatch,
    onError: options.onError,
  });
  const codeKeys = (no: number, written: string): readonly string[] => {
    const loaded = options.programByNo(no);
    if (!loaded) throw new Error(`bug: no program ${no}`);
    return keysOfText(keyedOf(loaded), written);
  };
  return { engine, receive, keyedFor: keyedOf, codeKeys };
}
