/**
 * The contract of a fraud signal: one pure file in signals/, one line in the registry.
 * Promises: a signal looks only at what it is given and says what it saw. Must never: pass because it could not look;
 * a fact that the source does not carry is `not_seen`, a lookup that is down is `check_unavailable`.
 */
import type { FoldContext } from '../model/fold.ts';
import type { SignalConfig, Then } from '../model/program.ts';
import type { Finding, Payment, Person, Referral } from '../model/records.ts';
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
}

export interface Signal {
  readonly name: string;
  /** Asked once when somebody was referred. */
  readonly atSignup?: (world: World, ctx: FoldContext, config: SignalConfig, about: SignupCase) => Verdict;
  /** Asked once for each payment that would earn. */
  readonly atPayment?: (world: World, ctx: FoldContext, config: SignalConfig, about: PaymentCase) => Verdict;
}

/** What the signals asked of one case said together. */
export interface Assessment {
  readonly then: 'clear' | Then;
  readonly flags: readonly string[];
  readonly findings: readonly Finding[];
}

const SEVERITY: readonly Then[] = ['flag', 'hold', 'deny', 'suspend'];

export function gather(asked: readonly { config: SignalConfig; verdict: Verdict }[]): Assessment {
  let then: Assessment['then'] = 'clear';
  const flags: string[] = [];
  const findings: Finding[] = [];
  for (const { config, verdict } of asked) {
    findings.push({ asked: `signal ${config.name}`, saw: verdict.saw, said: verdict.hit ? config.then : 'clear' });
    if (!verdict.hit) continue;
    if (!flags.includes(config.name)) flags.push(config.name);
    if (then === 'clear' || SEVERITY.indexOf(config.then) > SEVERITY.indexOf(then)) then = config.then;
  }
  return { then, flags, findings };
}
