/**
 * The contract of a fraud signal: one pure file in signals/, one line in the registry.
 * Promises: a signal looks only at what it is given and says what it saw. Must never: pass because it could not look;
 * a fact that the source does not carry is `not_seen`, a lookup that is down is `check_unavailable`.
 */
import type { FoldContext } from '../model/fold.ts';
import type { SignalConfig, Then } from '../model/program.ts';
import type { Finding, Payment, Person, PersonFact, Referral } from '../model/records.ts';
import type { SuspensionReason } from '../model/suspensions.ts';
import type { World } from '../model/world.ts';

export interface SignupCase {
  readonly referee: Person;
  readonly referrer: Person;
  readonly referral: Referral;
}

export interface PaymentCase extends SignupCase {
  readonly payment: Payment;
  /** This payment is the referee's earliest that can earn. */
  readonly isFirst: boolean;
}

export interface Verdict {
  readonly hit: boolean;
  readonly saw: Readonly<Record<string, unknown>>;
  /** The most that may follow, whatever the program file says: what honest people share never costs them more. */
  readonly atMost?: Then;
}

/** What of the database a signal compares; loaded only for programs whose file names one that needs it. */
export interface Needs {
  /** Who else was seen with these facts of the people at hand. */
  readonly shared?: readonly PersonFact['kind'][];
  /** With which cards they paid. */
  readonly payers?: boolean;
}

export interface Signal {
  readonly name: string;
  /** By what name a suspension goes that this signal begins. */
  readonly reason: SuspensionReason;
  readonly needs?: (config: SignalConfig) => Needs;
  /** Asked once when somebody was referred. */
  readonly atSignup?: (world: World, ctx: FoldContext, config: SignalConfig, about: SignupCase) => Verdict;
  /** Asked once for each payment that would earn; undefined: it has nothing to say of payments, as configured. */
  readonly atPayment?: (
    world: World,
    ctx: FoldContext,
    config: SignalConfig,
    about: PaymentCase,
  ) => Verdict | undefined;
}

/** What the signals asked of one case said together. */
export interface Assessment {
  readonly then: 'clear' | Then;
  readonly flags: readonly string[];
  readonly findings: readonly Finding[];
  /** The signal that was the most severe; null: none spoke. */
  readonly reason: string | null;
}

const SEVERITY: readonly Then[] = ['flag', 'hold', 'deny', 'suspend'];

function severity(then: Assessment['then']): number {
  return then === 'clear' ? -1 : SEVERITY.indexOf(then);
}

function atMost(then: Then, most: Then | undefined): Then {
  return most !== undefined && severity(then) > severity(most) ? most : then;
}

export function gather(asked: readonly { config: SignalConfig; verdict: Verdict }[]): Assessment {
  let then: Assessment['then'] = 'clear';
  let reason: string | null = null;
  const flags: string[] = [];
  const findings: Finding[] = [];
  for (const { config, verdict } of asked) {
    const said = verdict.hit ? atMost(config.then, verdict.atMost) : 'clear';
    findings.push({ asked: `signal ${config.name}`, saw: verdict.saw, said });
    if (!verdict.hit) continue;
    if (!flags.includes(config.name)) flags.push(config.name);
    if (severity(said) > severity(then)) {
      then = said;
      reason = config.name;
    }
  }
  return { then, flags, findings, reason };
}
