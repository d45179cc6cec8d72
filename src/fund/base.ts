/**
 * What referred members have paid, net, in the program's currency; pure.
 * Promises: the arithmetic is the one by which shares of payments are earned: without tax, without what went back,
 * converted by the settlement's figures or the file's rate. Must never: take a foreign currency one to one.
 */
import type { Program } from '../model/program.ts';
import { type Counted, remaining } from '../payments/net.ts';
import { conversionOf } from '../rewards/rules/payment.ts';
import type { PaidRow } from './base.sql.ts';

export interface Total {
  readonly total: bigint;
  readonly payments: number;
  /** Paid in a currency for which there is no rate: they wait, and count when there is one. */
  readonly withoutRate: number;
}

export const NOTHING_PAID: Total = { total: 0n, payments: 0, withoutRate: 0 };

export function addPaid(to: Total, program: Pick<Program, 'rates'>, currency: string, row: PaidRow): Total {
  const conversion = conversionOf(program, figuresOf(row), currency);
  if (!conversion) return { ...to, withoutRate: to.withoutRate + 1 };
  const left = remaining(row, row.gone.map(counted), 'net');
  const amount = (left * conversion.num) / (row.gross * conversion.den);
  return { ...to, total: to.total + amount, payments: to.payments + 1 };
}

function counted([amount, tax]: readonly [string, string | null]): Counted {
  return { amount: BigInt(amount), tax: tax === null ? null : BigInt(tax) };
}

function figuresOf({ gross, tax, currency, settled_currency: settledIn, settled_gross: settled }: PaidRow) {
  const settlement = settledIn === null || settled === null ? null : { currency: settledIn, gross: settled };
  return { figures: { gross, tax, currency, settled: settlement } };
}
