/**
 * One round of tries with one delivery: look up first when an earlier try may have arrived, then send, then a few
 * quick tries.
 * Promises: after an outcome that is not certain the same bytes go out under the same key only while the sink surely
 * knows that key, or after a lookup that said absent. Must never: touch the database, or send when its lease may be over.
 */
import pRetry from 'p-retry';
import type { SinkConfig } from '../model/program.ts';
import type { Timing } from './backoff.ts';
import type { Http } from './egress.ts';
import type { LookupAnswer, Sink, SinkAnswer } from './sinks/sink.ts';
import type { Attempt, Claimed, Round, RoundEnd } from './verdict.ts';

export interface RoundPorts {
  readonly sink: Sink;
  readonly config: SinkConfig;
  readonly program: string;
  readonly http: Http;
  readonly timing: Timing;
  /** The service's clock. */
  readonly now: () => Promise<Date>;
  /** One try, no quick ones. */
  readonly once: boolean;
  /** Real time of the claim, performance.now(). */
  readonly claimedAt: number;
  readonly log: (line: string) => void;
}

/** A quick try may follow. */
class TryAgain extends Error {
  readonly end: RoundEnd;
  constructor(end: RoundEnd) {
    super(end.end);
    this.end = end;
  }
}

export async function tryDelivery(claimed: Claimed, ports: RoundPorts): Promise<Round> {
  const round = new OpenRound(claimed, ports, await ports.now());
  const end = await quickTries(round, ports);
  return { end, attempts: round.attempts, uncertain: round.uncertain, called: round.called };
}

/** No quick try follows that would make good a kept connection which the other side has just closed. */
function freshly(http: Http): Http {
  return { ...http, send: (wanted) => http.send({ ...wanted, fresh: true }) };
}

/** A round without a call, on record so that it can be seen. */
export function notCalled(claimed: Claimed, end: RoundEnd, detail: string, at: Date): Round {
  const attempt: Attempt = { at, action: 'send', outcome: 'not_sent', status: null, detail, durationMs: 0 };
  return { end, attempts: [attempt], uncertain: mayHaveArrived(claimed), called: false };
}

/** An earlier try may have arrived: its sender died, or its outcome never became certain. */
function mayHaveArrived(claimed: Claimed): boolean {
  return claimed.lapsed || claimed.outcome === 'unknown';
}

async function quickTries(round: OpenRound, { timing, once }: RoundPorts): Promise<RoundEnd> {
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  const attempt = async (n: number): Promise<RoundEnd> => {
    // The first call has its full time; later ones end with the quick tries.
    const end = await round.try(n === 1 ? timing.tryMs : Math.min(timing.tryMs, timing.quickMs - elapsed()));
    if (end.end === 'later' && end.again) throw new TryAgain(end);
    return end;
  };
  try {
    return await pRetry(attempt, {
      retries: once ? 0 : timing.quickRetries,
      minTimeout: timing.quickDelayMs,
      factor: 2,
      maxRetryTime: timing.quickMs,
      shouldRetry: ({ retryDelay }) => elapsed() + retryDelay + timing.tryMsMin <= timing.quickMs,
    });
  } catch (error) {
    if (error instanceof TryAgain) return error.end;
    throw error;
  }
}

class OpenRound {
  readonly attempts: Attempt[] = [];
  uncertain: boolean;
  readonly #claimed: Claimed;
  readonly #ports: RoundPorts;
  /** The same key is surely the same credit still. */
  readonly #keyLives: boolean;
  /** It was, and may be no more: sent again only after a lookup, whatever came of it before. */
  readonly #keyDied: boolean;
  readonly #looksUp: boolean;
  #sent = false;

  constructor(claimed: Claimed, ports: RoundPorts, now: Date) {
    const life = ports.sink.keyLifeMs(ports.config);
    const age = claimed.firstTryAt === null ? 0 : now.getTime() - claimed.firstTryAt.getTime();
    this.#claimed = claimed;
    this.#ports = ports;
    this.#looksUp = ports.sink.looksUp(ports.config);
    this.#keyLives = age < life;
    this.#keyDied = life > 0 && !this.#keyLives;
    this.uncertain = mayHaveArrived(claimed);
  }

  get called(): boolean {
    return this.attempts.length > 0;
  }

  async try(timeoutMs: number): Promise<RoundEnd> {
    if (this.uncertain || this.#keyDied) {
      const settled = await this.#resolve(timeoutMs);
      if (settled) return settled;
    }
    // Paused (a stopped machine, a long collection): somebody else may be at it by now.
    const left = this.#ports.timing.leaseMs - (performance.now() - this.#ports.claimedAt);
    if (left < timeoutMs) return { end: 'later', again: false };
    return this.#send(timeoutMs);
  }

  /** Before anything is sent again: how the round ends without that, or undefined when it may be sent. */
  async #resolve(timeoutMs: number): Promise<RoundEnd | undefined> {
    if (!this.#looksUp) {
      if (this.#keyLives) return undefined;
      // A person who approves has looked for us; once.
      return this.#claimed.approved && !this.#sent ? undefined : { end: 'person' };
    }
    const looked = await this.#lookup(timeoutMs);
    if (looked.found === 'found') return { end: 'confirmed', reference: looked.reference };
    if (this.#keyLives) {
      if (looked.found === 'absent') this.uncertain = false;
      return undefined;
    }
    // Without a key that holds, absent counts only when the try has had time to arrive: in a later round.
    if (looked.found === 'cannot' || this.#sent) return { end: 'later', again: false };
    this.uncertain = false;
    return undefined;
  }

  async #send(timeoutMs: number): Promise<RoundEnd> {
    const { sink } = this.#ports;
    const answer = await this.#timed('send', timeoutMs, (call) => sink.send(this.#claimed.request, call));
    this.#sent = true;
    switch (answer.answer) {
      case 'confirmed':
        return { end: 'confirmed', reference: answer.reference };
      case 'accepted':
        return { end: 'accepted' };
      case 'refused':
        return this.#refused(timeoutMs);
      case 'retry_after':
        this.uncertain ||= answer.mayHaveArrived;
        return this.#mayRepeat() ? { end: 'later', seconds: answer.seconds, again: false } : { end: 'person' };
      case 'unknown':
        this.uncertain = true;
        return this.#mayRepeat() ? { end: 'later', again: true } : { end: 'person' };
      case 'not_sent':
        return this.#mayRepeat() ? { end: 'later', again: true } : { end: 'person' };
    }
  }

  /** A no after a try that may have arrived: only a lookup can tell whether that one is there. */
  async #refused(timeoutMs: number): Promise<RoundEnd> {
    if (!this.uncertain || !this.#looksUp) return { end: 'refused' };
    const looked = await this.#lookup(timeoutMs);
    if (looked.found === 'found') return { end: 'confirmed', reference: looked.reference };
    if (looked.found === 'absent') this.uncertain = false;
    return { end: 'refused' };
  }

  #mayRepeat(): boolean {
    return !this.uncertain || this.#keyLives || this.#looksUp;
  }

  #lookup(timeoutMs: number): Promise<LookupAnswer> {
    const { sink } = this.#ports;
    return this.#timed('lookup', timeoutMs, (call) => sink.lookup(this.#claimed.request, call));
  }

  async #timed<A extends SinkAnswer | LookupAnswer>(
    action: Attempt['action'],
    timeoutMs: number,
    call: (call: Parameters<Sink['send']>[1]) => Promise<A>,
  ): Promise<A> {
    const { config, program, now, log } = this.#ports;
    const http = this.#ports.once ? freshly(this.#ports.http) : this.#ports.http;
    const { id: deliveryId, idempotencyKey } = this.#claimed;
    const at = await now();
    const began = performance.now();
    const signal = AbortSignal.timeout(Math.max(Math.ceil(timeoutMs), 1));
    const asked = call({ config, program, deliveryId, idempotencyKey, http, signal });
    const answer = await asked.catch((error: unknown) => {
      log(`bug: ${action} of delivery ${deliveryId} threw: ${String(error)}`);
      const detail = 'bug';
      return (
        action === 'send' ? { answer: 'unknown', status: null, detail } : { found: 'cannot', status: null, detail }
      ) as A;
    });
    const outcome = 'answer' in answer ? answer.answer : answer.found;
    const detail = 'detail' in answer ? answer.detail : null;
    this.attempts.push({
      at,
      action,
      outcome,
      status: answer.status,
      detail,
      durationMs: Math.round(performance.now() - began),
    });
    return answer;
  }
}
