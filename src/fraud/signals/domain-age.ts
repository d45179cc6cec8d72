/**
 * Domain age: the referee's e-mail domain was registered only lately, as a registry told.
 * Promises: until it is known, the referral waits, and is decided when the answer comes. Must never: ask anything by
 * itself, or judge the domain of a public mailbox.
 */
import type { Signal, Verdict } from '../signal.ts';

export const DOMAIN_AGE = 'domain_age';

export const domainAge: Signal = {
  name: DOMAIN_AGE,
  reason: 'fake_accounts',
  needs: () => ({ domains: true }),
  atSignup(world, _ctx, { params }, { referee, referral }): Verdict {
    if (referee.domainHash === null) return { hit: false, saw: { domain: 'not_seen' } };
    if (referee.publicMailbox) return { hit: false, saw: { domain: 'public_mailbox' } };
    const registeredAt = world.domainChecks.get(referee.domainHash)?.registeredAt;
    if (!registeredAt) return { hit: true, unavailable: true, atMost: 'hold', saw: { domain: 'check_unavailable' } };
    const age = referral.createdAt.getTime() - registeredAt.getTime();
    const saw = { registered_at: registeredAt, younger_than_ms: Number(params.youngerThanMs) };
    return { hit: age < Number(params.youngerThanMs), saw };
  },
};
