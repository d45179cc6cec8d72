/**
 * The only place that wires things together: configuration, database, programs, inbox, engine, delivery, HTTP.
 * Promises: every process (all in one, web, worker, CLI) is made of the same parts. Must never: hold a rule.
 */
import { createSecretKey } from 'node:crypto';
import pino, { type Logger } from 'pino';
import { type DerivedKeys, keyedFor, publicKeyFor, seal, unseal } from './accounts/keyed.ts';
import { READ_SECRET, READ_SECRETS } from './accounts/secrets.sql.ts';
import { createAsking } from './asking.ts';
import type { Env } from './config/env.ts';
import { ConfigError } from './config/env.ts';
import { type KeptSecrets, keepSecrets } from './config/kept-secrets.ts';
import { storePrograms } from './config/program-store.ts';
import { EXAMPLES_DIR, type LoadOptions, loadPrograms } from './config/programs.ts';
import { type RunningPrograms, runPrograms } from './config/running-programs.ts';
import { adminToken, type SecretKeys, secretKeys } from './config/secrets.ts';
import { createCore } from './core.ts';
import { schemaState } from './db/migrate.ts';
import { openPools, type Pools } from './db/pool.ts';
import { createDeliverer } from './delivery/deliver.ts';
import { createHttp } from './delivery/egress.ts';
import { createFunding } from './fund/funding.ts';
import type { Deps, OpenedSecret } from './http/deps.ts';
import { createPublicIds } from './http/dialects/ids.ts';
import { keepBigCounts } from './http/kept.ts';
import { createIntrospection } from './http/member/introspection.ts';
import { createJwks } from './http/member/jwks.ts';
import { createOidcSignIn } from './http/member/oidc.ts';
import { createMemberTokens } from './http/member/tokens.ts';
import { createRateLimits } from './http/rate-limits.ts';
import { loggable, redaction } from './http/request-log.ts';
import { createRecorder } from './http/visits/recorder.ts';
import type { CatchUpOptions, CaughtUp } from './jobs/catch-up/run.ts';
import { createChecks } from './jobs/checks.ts';
import { type Clock, checkTestClock, type SettableClock, systemClock, testClock } from './jobs/clock.ts';
import { advanceClock, type DuePorts, nextDue, runDue, settleEvent } from './jobs/due.ts';
import { type SweepPorts, sweepErasures } from './jobs/erase.ts';
import { KINDS } from './kinds.ts';
import { createMailing } from './mailing.ts';
import type { LoadedProgram } from './model/program.ts';
import { PROVIDERS } from './providers/index.ts';

export interface Service {
  readonly env: Env;
  readonly log: Logger;
  readonly pools: Pools;
  readonly programs: RunningPrograms;
  /** Where their files are. */
  readonly programsDir: string;
  readonly deps: Deps;
  readonly adminToken: ReturnType<typeof adminToken>;
  /** All that is due now for one program: timers, deliveries. */
  readonly runDue: (programNo: number) => Promise<void>;
  readonly nextDue: (programNo: number, now: Date) => Promise<Date | null>;
  /** Blanks what names people who are erased. */
  readonly sweepErasures: (programNo: number, stopped?: () => boolean) => Promise<void>;
  /** Feeds what the providers know and no webhook brought. */
  readonly catchUp: (programNo: number, options?: CatchUpOptions) => Promise<readonly CaughtUp[]>;
  readonly wakeQueued: () => Promise<void>;
  readonly startWork: () => void;
  /** Ends what is under way and closes the database; nothing acknowledged is lost. */
  readonly stop: () => Promise<void>;
}

export interface ComposeOptions {
  readonly env: Env;
  readonly role: 'all' | 'web' | 'worker' | 'cli';
  readonly databaseUrl: string;
  /** The database is the embedded one, so examples may make what they lack. */
  readonly embedded: boolean;
  readonly log?: Logger;
  readonly crashPoint?: (name: string) => void;
}

export async function compose(options: ComposeOptions): Promise<Service> {
  const { env, role } = options;
  const log = options.log ?? pino({ level: env.logLevel, redact: redaction, serializers: { err: loggable } });
  const notice = (line: string) => log.warn(line);
  const pools = openPools(options.databaseUrl, { applicationName: role, prepared: env.databasePrepared, log: notice });
  try {
    return await wire(options, log, pools);
  } catch (error) {
    await pools.close();
    throw error;
  }
}

async function wire(options: ComposeOptions, log: Logger, pools: Pools): Promise<Service> {
  const { env } = options;
  await refuseForeignSchema(pools);
  await checkTestClock(pools.general, env.testClock);
  const settable = env.testClock ? testClock(pools.general) : undefined;
  const clock = settable ?? systemClock;
  const given = loadOptions(options);
  const programs = await startPrograms(given, env, log, pools, clock);
  const keptSecrets = keepSecrets({
    env: env.raw,
    dataDir: given.generateIn,
    check: (variables) => loadPrograms(EXAMPLES_DIR, { ...given, env: variables }),
    reload: programs.reload,
  });
  const parts = stages({ options, log, pools, settable, clock, programs, keptSecrets, keys: secretKeys(env) });
  const { core, recorder, deliverer, mailing, funding, checks, due } = parts;
  const token = adminToken(env);
  return {
    env,
    log,
    pools,
    programs,
    programsDir: env.programsDir ?? EXAMPLES_DIR,
    deps: depsOf(parts, token.token),
    adminToken: token,
    runDue: async (no) => {
      // Beside the rest: a slow mail server holds up no credit.
      mailing.wake(no);
      // The first month of a fund is the first that the clock shows.
      if (await parts.clock.isSet()) funding.wake(no);
      parts.asked.wake(no);
      checks.wake(no);
      await runDue(due, no, { once: false });
    },
    nextDue: (no, now) => nextDue(due, no, now),
    sweepErasures: parts.sweep,
    catchUp: parts.asked.catchUp,
    wakeQueued: () => core.engine.wakeQueued(),
    startWork: () => {
      deliverer.start();
      mailing.start();
      funding.start();
      checks.start();
      void core.engine.wakeQueued().catch((error: unknown) => log.error({ err: error }, 'could not look at the queue'));
    },
    stop: async () => {
      await recorder.stop();
      await checks.stop();
      await core.engine.stop();
      await deliverer.stop();
      await mailing.stop();
      await funding.stop();
      await pools.close();
    },
  };
}

interface Ground {
  readonly options: ComposeOptions;
  readonly log: Logger;
  readonly pools: Pools;
  readonly settable: SettableClock | undefined;
  readonly clock: Clock;
  readonly programs: RunningPrograms;
  readonly keptSecrets: KeptSecrets;
  readonly keys: SecretKeys;
}

type Parts = ReturnType<typeof stages>;

/** Inbox, engine, delivery and mail, each waking the next. */
function stages(ground: Ground) {
  const { options, log, pools, clock, programs, keys } = ground;
  const programByNo = (no: number) => {
    const loaded = programs.byNo(no);
    if (!loaded) throw new Error(`bug: no program ${no}`);
    return loaded;
  };
  const core = createCore({
    pools,
    keys,
    providers: PROVIDERS,
    programByNo: programs.byNo,
    now: clock.now,
    folds: options.role !== 'web',
    onBatch: ({ no, program: { program } }, { parked, plannedDeliveries, suspended }) => {
      if (parked > 0) log.error({ program, parked }, 'events parked: see /admin/v1/events?state=parked');
      if (plannedDeliveries) deliverer.wake(no);
      if (suspended) mailing.wake(no);
    },
    onError: ({ program: { program } }, err) => log.error({ program, err }, 'a batch failed and will be tried again'),
    crashPoint: options.crashPoint,
  });
  const recorder = createRecorder({
    pool: pools.general,
    keyedFor: core.keyedFor,
    onClaims: (no) => options.role !== 'web' && core.engine.wake(no),
  });
  const http = createHttp({ allow: options.env.egressAllow });
  const deliverer = createDeliverer({
    pools,
    clock,
    programByNo,
    http,
    log: (line) => log.warn(line),
    onResults: (no) => core.engine.wake(no),
  });
  const sends = options.role !== 'web';
  const mailing = createMailing({ env: options.env, pools, keys, clock, programByNo, sends, log });
  const funding = createFunding({
    pool: pools.general,
    keys,
    clock,
    http,
    dataDir: options.env.dataDir,
    programByNo,
    outbox: mailing,
    publicUrl: options.env.publicUrl,
    log,
  });
  const open = (programNo: number, version: number, sealed: Buffer) => unseal(keys, programNo, version, sealed);
  const checks = createChecks({
    pool: pools.general,
    clock,
    http,
    programByNo,
    unseal: open,
    tell: (no, command) => core.engine.submit(no, command),
    log: (fields, message) => log.warn(fields, message),
  });
  const due: DuePorts = {
    pools,
    clock,
    programs: programs.all,
    catchUp: (no) => core.engine.catchUp(no),
    drainUntil: (no, id) => core.engine.drainUntil(no, id),
    deliver: (no, { once }) => deliverer.runDue(no, { once }),
    mail: (no) => mailing.runDue(no),
    check: (no) => checks.runDue(no),
    fund: (no) => funding.runDue(no, { once: true }),
  };
  const sweep = sweepOf(ground, programByNo, open, mailing.forget);
  const own = { pool: pools.general, now: clock.now, receive: core.receive, programByNo, folds: sends, log };
  const asked = createAsking({ ...own, http, codeKeys: core.codeKeys });
  return { ...ground, core, recorder, http, deliverer, mailing, funding, checks, due, sweep, asked };
}

/** Finishes erasures: whatever still names somebody who was erased. */
function sweepOf(
  { pools, keys, clock }: Ground,
  programByNo: (no: number) => LoadedProgram,
  open: SweepPorts['unseal'],
  forgetMails: SweepPorts['forgetMails'],
) {
  return async (no: number, stopped?: () => boolean): Promise<void> => {
    const { program } = programByNo(no);
    const keyed = keyedFor(keys, program);
    const sealing = {
      keyVersion: keys.current,
      seal: (to: number, value: string) => seal(keys, to, value),
      unseal: open,
    };
    const ports = { ...sealing, pool: pools.general, providers: PROVIDERS, now: clock.now, keyed, forgetMails };
    await sweepErasures(ports, { no, program, stopped });
  };
}

/** What the HTTP layer is given. */
function depsOf(
  {
    options,
    log,
    pools,
    clock,
    settable,
    programs,
    keptSecrets,
    keys,
    core,
    recorder,
    http,
    deliverer,
    mailing,
    funding,
    due,
    sweep,
    asked,
  }: Parts,
  token: string,
): Deps {
  return {
    env: options.env,
    log,
    pools,
    adminToken: token,
    clock,
    programs,
    keptSecrets,
    providers: PROVIDERS,
    receive: async (event) => await core.receive({ ...event, receivedAt: await clock.now() }),
    submit: async (no, command, submitOptions) => {
      const done = await core.engine.submit(no, command, submitOptions);
      return done.ok ? { ok: true, inboxId: done.id } : done;
    },
    settle: (no, id, timeoutMs) => settleEvent(due, no, id, timeoutMs),
    settleAccepted: async (no, said) => {
      const found = await deliverer.settleAccepted(no, said);
      if (found !== 'found') return found;
      await core.engine.catchUp(no);
      return 'done';
    },
    codeKeys: core.codeKeys,
    promote: asked.promote,
    sweepErasures: (no) => sweep(no),
    advanceClock: async (to) => await advanceTestClock(due, settable, to),
    schemaCurrent: async () => (await schemaState(pools.general)) === 'current',
    tokens: createMemberTokens(createJwks({ http }), createIntrospection({ http })),
    oidc: createOidcSignIn({ http }),
    countBig: keepBigCounts(),
    limits: createRateLimits({ pool: pools.general, key: keys.deriveKey('rate-limits') }),
    mail: mailing,
    fund: funding,
    // The oldest version, as with hashes: an id never changes.
    publicId: createPublicIds(createSecretKey(keys.deriveKey('public-ids', Math.min(...keys.versions)))),
    vault: {
      seal: (text) => ({ version: keys.current, sealed: seal(keys, 0, text) }),
      open: (version, sealed) => unseal(keys, 0, version, sealed),
    },
    visits: { ...recorder, publicKey: ({ program }) => publicKeyFor(keys, program) },
    openSecret: async (no, personId) => {
      const { rows } = await pools.general.query<SealedRow>(READ_SECRET, [no, personId]);
      return rows[0] && opened(keys, no, rows[0]);
    },
    openSecrets: async (no, personIds) => {
      if (personIds.length === 0) return new Map();
      const { rows } = await pools.general.query<SealedRow & { person_id: bigint }>(READ_SECRETS, [no, personIds]);
      return new Map(rows.map((row) => [row.person_id, opened(keys, no, row)]));
    },
  };
}

interface SealedRow {
  readonly key_version: number;
  readonly email: Buffer | null;
  readonly name: Buffer | null;
}

function opened(keys: DerivedKeys, programNo: number, row: SealedRow): OpenedSecret {
  const open = (sealed: Buffer | null) => (sealed ? unseal(keys, programNo, row.key_version, sealed) : null);
  return { email: open(row.email), name: open(row.name) };
}

async function advanceTestClock(
  due: DuePorts,
  clock: SettableClock | undefined,
  to: Date,
): Promise<'done' | 'clock_backwards'> {
  if (!clock) throw new Error('bug: the system clock cannot be set');
  return await advanceClock({ ...due, clock }, to);
}

async function refuseForeignSchema(pools: Pools): Promise<void> {
  const state = await schemaState(pools.general);
  if (state === 'behind')
    throw new ConfigError('the database is behind this version of Plusone: run `npm run migrate`');
  if (state === 'ahead')
    throw new ConfigError('the database is newer than this version of Plusone: deploy the newer one');
}

function loadOptions({ env, embedded }: ComposeOptions): LoadOptions {
  return {
    env: env.raw,
    providers: PROVIDERS,
    kinds: KINDS,
    ownHost: new URL(env.publicUrl).hostname,
    generateIn: env.programsDir === undefined && embedded ? env.dataDir : undefined,
  };
}

async function startPrograms(
  given: LoadOptions,
  { programsDir }: Env,
  log: Logger,
  pools: Pools,
  clock: Clock,
): Promise<RunningPrograms> {
  return await runPrograms({
    read: () => loadPrograms(programsDir ?? EXAMPLES_DIR, given),
    store: async (sources) => await storePrograms(pools.general, sources, await clock.now()),
    log,
  });
}
