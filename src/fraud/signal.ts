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
  /** It could not look: what follows is flagged `check_unavailable`, and decided when it can. */
  readonly unavailable?: boolean;
  /** Others who belong to it: what they bring waits as well. */
  readonly also?: readonly bigint[];
}

/** What of the database a signal compares; loaded only for programs whose file names one that needs it. */
export interface Needs {
  /** Who else was seen with these facts of the people at hand. */
  readonly shared?: readonly PersonFact['kind'][];
  /** With which cards they paid. */
  readonly payers?: boolean;
  /** How old the domains of their addresses are. */
  readonly domains?: boolean;
  /** In which networks they were seen. */
  readonly networks?: boolean;
  /** How many steps up of who referred whom. */
  readonly chain?: number;
  /** Clicks on the referrer's links, within this time. */
  readonly clicksWithinMs?: number;
  /** What is counted of a whole referrer. */
  readonly figures?: FigureNeeds;
}

export interface FigureNeeds {
  readonly consumersAfterMs?: number;
  readonly refundsWithinMs?: number;
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
  /** Asked of a referrer as a whole when one of their referees was refunded or did not qualify. */
  readonly ofReferrer?: (world: World, ctx: FoldContext, config: SignalConfig, referrer: Person) => Verdict;
}

/** What the signals asked of one case said together. */
export interface Assessment {
  readonly then: 'clear' | Then;
  readonly flags: readonly string[];
  readonly findings: readonly Finding[];
  /** The signal that was the most severe; null: none spoke. */
  readonly reason: string | null;
  readonly also: readonly Other[];
}

export interface Other {
  readonly personId: bigint;
  readonly signal: string;
}

/** The flag of what waits for a check that could not run. */
export const UNCHECKED = 'check_unavailable';

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
  const also: Other[] = [];
  for (const { config, verdict } of asked) {
    const said = verdict.hit ? atMost(config.then, verdict.atMost) : 'clear';
    findings.push({ asked: `signal ${config.name}`, saw: verdict.saw, said });
    if (!verdict.hit) continue;
    const flag = verdict.unavailable ? UNCHECKED : config.name;
    if (!flags.includes(flag)) flags.push(flag);
    if (severity(said) >= severity('hold'))
      for (const personId of verdict.also ?? []) also.push({ personId, signal: config.name });
    if (severity(said) > severity(then)) {
      then = said;
      reason = config.name;
    }
  }
  return { then, flags, findings, reason, also };
}
