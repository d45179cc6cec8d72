/**
 * A payment's figures lie flat in its row and together in its record: they are all there or none is.
 * Promises: a payment saved and loaded again is the same. Must never: fill in a figure.
 */
import type { Payment } from '../model/records.ts';

export type PaymentRow = Omit<Payment, 'figures'> & {
  readonly currency: string | null;
  readonly gross: bigint | null;
  readonly tax: bigint | null;
  readonly discount: bigint | null;
  readonly creditApplied: bigint | null;
  readonly settledCurrency: string | null;
  readonly settledGross: bigint | null;
};

export function asPayment(row: PaymentRow): Payment {
  const { currency, gross, tax, discount, creditApplied, settledCurrency, settledGross, ...rest } = row;
  if (currency === null || gross === null || tax === null) return { ...rest, figures: null };
  const settled =
    settledCurrency === null || settledGross === null ? null : { currency: settledCurrency, gross: settledGross };
  return { ...rest, figures: { currency, gross, tax, discount, creditApplied, settled } };
}

export function asPaymentRow(payment: Payment): PaymentRow {
  const { figures, ...rest } = payment;
  return {
    ...rest,
    currency: figures?.currency ?? null,
    gross: figures?.gross ?? null,
    tax: figures?.tax ?? null,
    discount: figures?.discount ?? null,
    creditApplied: figures?.creditApplied ?? null,
    settledCurrency: figures?.settled?.currency ?? null,
    settledGross: figures?.settled?.gross ?? null,
  };
}
