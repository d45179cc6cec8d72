/**
 * What a reward's state means, in a sentence for whoever has to decide; pure.
 * Promises: each state of the contract has its sentence, and an unknown reason is shown as it is. Must never: promise
 * what the engine does not do.
 */
export interface RewardState {
  readonly status: string;
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly flags: readonly string[];
}

const PENDING: Readonly<Record<string, string>> = {
  held: 'A fraud signal spoke. It waits until somebody approves or rejects it.',
  vesting: 'Earned, and usable when its waiting time is over.',
  settling: 'Counted, and credited on the 1st with the rest of the month.',
  delivering: 'On its way to the billing system.',
  qualifying: 'Waits until the referee has done what the program asks for.',
  matching: 'Waits until it is known whether an invoice stands behind the payment.',
  no_account: 'The member has no customer at the billing system yet; it is delivered once there is one.',
  no_rate: 'The payment is in a currency for which the program has no rate.',
};

const FAILED: Readonly<Record<string, string>> = {
  refused: 'The billing system refused the credit. It does not have it. Approve sends it again under the same key.',
  unknown:
    'It is not known whether the billing system has the credit. Approve asks it first, where it can be asked, and sends the same key again, so that nothing is paid twice.',
};

const REJECTED: Readonly<Record<string, string>> = {
  self_referral: 'Nobody refers themselves.',
  cap_reached: 'The most that may be earned was reached.',
  forfeited: 'There was no room for it below the highest balance.',
  domain_used: 'Somebody of the same e-mail domain came before.',
  not_qualified: 'The referee did not qualify in time.',
  erased_before: 'The referee was erased here before, and earns nothing by coming back.',
};

export function meaningOf({ status, reason, outcome }: RewardState): string {
  const why = reason === null ? '' : reason.replaceAll('_', ' ');
  switch (status) {
    case 'pending':
      return PENDING[reason ?? ''] ?? `It waits: ${why}.`;
    case 'credited':
      return 'It is in the ledger, and the billing system has confirmed it.';
    case 'failed':
      return FAILED[outcome ?? ''] ?? 'The credit did not reach the billing system.';
    case 'reversed':
      return why === '' ? 'It was credited and has been taken back whole.' : `It has been taken back whole: ${why}.`;
    default:
      return REJECTED[reason ?? ''] ?? (why === '' ? 'It was refused.' : `It was refused: ${why}.`);
  }
}

/** What may be done with it now. */
export function actionsOf({ status, reason }: RewardState): readonly ('approve' | 'reject' | 'reverse')[] {
  if (status === 'failed') return ['approve', 'reject'];
  if (status === 'pending') return reason === 'held' ? ['approve', 'reject'] : ['reject'];
  return status === 'credited' ? ['reverse'] : [];
}
