/**
 * Why a payment earned nothing, in a sentence; pure. Must never: promise what the engine does not do.
 */
const REASONS: Readonly<Record<string, string>> = {
  no_referrer: 'Nobody referred the payer, as far as is known.',
  unattributed: 'It is not known yet who paid. A signup or a claim may still tie it to a member.',
  too_late: 'Who paid became known too late: longer after the payment than the program allows.',
  below_minimum: 'It is smaller than the program asks for.',
  zero_payment: 'Nothing was paid, after discounts and credits.',
  self_referral: 'Nobody refers themselves.',
  other_kind: 'The program rewards other kinds of payments.',
  wrong_mode: 'It is of the other mode: test or live.',
  no_share: 'The rate that is in force for the referrer is nothing.',
  rounds_to_nothing: 'The share is less than the smallest coin.',
  matching: 'It waits until it is known whether an invoice stands behind it.',
  suspended: 'The referrer is suspended.',
};

export function meaningOfPayment(reason: string | null): string {
  if (reason === null) return 'It earned what stands below.';
  return REASONS[reason] ?? `It earned nothing: ${reason.replaceAll('_', ' ')}.`;
}
