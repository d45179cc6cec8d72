/**
 * Rewards for payments: a share of what was really paid, or a fixed amount.
 * Promises: one bigint division, rounded down; the same payment gives the same figures in whatever order its refunds
 * came. Must never: take a foreign currency one to one, or let a later refund undo the minimum that the payment met.
 */
import {
  type Conversion,
  conversionFromRate,
  convert,
  formatPercent,
  type RatePpm,
  SAME_CURRENCY,
} from '../../model/money.ts';
import { type PaymentRule, type Program, rewardUnit } from '../../model/program.ts';
import type { Finding, Payment } from '../../model/records.ts';

const MILLION = 1_000_000n;

type Figures = NonNullable<Payment['figures']>;

export interface Terms {
  readonly unit: string;
  readonly rate: RatePpm | null;
  /** A fixed amount per payment, when the rule has no share. */
  readonly fixed: bigint | null;
  readonly conversion: Conversion;
}

export type Earning =
  | { readonly kind: 'earns'; readonly terms: Terms; readonly finding: Finding }
  | {
      readonly kind: 'waits';
      readonly reason: 'no_rate';
      readonly unit: string;
      readonly rate: RatePpm | null;
      readonly finding: Finding;
    }
  | { readonly kind: 'nothing'; readonly reason: string; readonly finding: Finding };

export interface PaymentQuestion {
  readonly program: Program;
  readonly rule: PaymentRule;
  readonly payment: Payment;
  /** The rate in force for this beneficiary: individual, tier or the rule's own; null for fixed amounts. */
  readonly rate: RatePpm | null;
  readonly fixed: bigint | null;
}

/** What the payment as made earns by this rule; refunds come in with `target`. */
export function earn(question: PaymentQuestion): Earning {
  const { program, rule, payment, rate, fixed } = question;
  const figures = payment.figures;
  if (!figures || figures.gross === 0n) return nothing(rule, 'zero_payment', {});
  if (rule.kinds.length > 0 && payment.kind && !rule.kinds.includes(payment.kind)) {
    return nothing(rule, 'other_kind', { kind: payment.kind, kinds: rule.kinds });
  }
  const unit = rewardUnit(program.unit, figures.currency);
  const base = rule.of === 'net' ? figures.gross - figures.tax : figures.gross;
  const saw = {
    gross: Number(figures.gross),
    tax: Number(figures.tax),
    [rule.of]: Number(base),
    currency: figures.currency,
    rate: rate === null ? null : formatPercent(rate),
    minimum_payment: Number(rule.minimumPayment),
  };
  const conversion = conversionOf(program, payment, unit);
  if (!conversion) {
    return {
      kind: 'waits',
      reason: 'no_rate',
      unit,
      rate,
      finding: { asked: `rule ${rule.name}`, saw, said: 'no_rate' },
    };
  }
  if (convert(figures.gross - figures.tax, conversion) < rule.minimumPayment)
    return nothing(rule, 'below_minimum', saw);
  const terms = { unit, rate, fixed, conversion };
  const amount = fullAmount(terms, figures, rule.of);
  if (amount === 0n) return nothing(rule, rate === 0n ? 'no_share' : 'rounds_to_nothing', saw);
  return { kind: 'earns', terms, finding: { asked: `rule ${rule.name}`, saw, said: `earns ${amount} ${unit}` } };
}

function nothing(rule: PaymentRule, reason: string, saw: Record<string, unknown>): Earning {
  return { kind: 'nothing', reason, finding: { asked: `rule ${rule.name}`, saw, said: reason } };
}

export function fullAmount(terms: Terms, figures: { gross: bigint; tax: bigint }, of: 'net' | 'gross'): bigint {
  const base = of === 'net' ? figures.gross - figures.tax : figures.gross;
  return target(terms, figures, of, base * figures.gross);
}

/** `left` is remaining(): what is left of the base, times gross. floor(rate × left / gross), converted, in one division. */
export function target(
  terms: Terms,
  figures: { gross: bigint; tax: bigint },
  of: 'net' | 'gross',
  left: bigint,
): bigint {
  const { gross, tax } = figures;
  if (terms.fixed !== null) {
    const base = of === 'net' ? gross - tax : gross;
    return base === 0n ? 0n : (terms.fixed * left) / (base * gross);
  }
  const { num, den } = terms.conversion;
  return ((terms.rate ?? 0n) * left * num) / (MILLION * gross * den);
}

/** The provider's own settlement figures, else the program file's rate, else nothing: it is never taken 1:1. */
export function conversionOf(
  program: Pick<Program, 'rates'>,
  payment: { readonly figures: Pick<Figures, 'currency' | 'gross' | 'settled'> | null },
  unit: string,
): Conversion | undefined {
  const figures = payment.figures;
  if (!figures || figures.currency === unit) return SAME_CURRENCY;
  if (figures.settled?.currency === unit && figures.gross > 0n) {
    return { num: figures.settled.gross, den: figures.gross };
  }
  const rate = program.rates[figures.currency];
  return rate === undefined ? undefined : conversionFromRate(rate, figures.currency, unit);
}
