/**
 * Disposable e-mail: the referee signed up with a throw-away mailbox.
 * Must never: say so of somebody whose address is not known; that is not_seen.
 */
import type { Signal, Verdict } from '../signal.ts';

export const disposableEmail: Signal = {
  name: 'disposable_email',
  reason: 'fake_accounts',
  atSignup(_world, _ctx, _config, { referee }): Verdict {
    if (referee.emailHash === null) return { hit: false, saw: { email: 'not_seen' } };
    return { hit: referee.disposable, saw: { disposable: referee.disposable } };
  },
};
