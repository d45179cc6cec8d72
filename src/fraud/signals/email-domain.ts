/**
 * E-mail domain: referrer and referee have addresses of one company.
 * Must never: count a domain at which anybody gets a mailbox.
 */
import type { Signal, Verdict } from '../signal.ts';

export const emailDomain: Signal = {
  name: 'email_domain',
  reason: 'self_referral',
  atSignup(_world, _ctx, _config, { referee, referrer }): Verdict {
    if (referee.domainHash === null || referrer.domainHash === null) return { hit: false, saw: { email: 'not_seen' } };
    const isSame = referee.domainHash === referrer.domainHash;
    const saw = { same_domain: isSame, public_mailbox: referee.publicMailbox };
    return { hit: isSame && !referee.publicMailbox, saw };
  },
};
