/**
 * Same IP: the signup came from an address that the referrer, or another referee of theirs, has used.
 * Promises: only keyed hashes are compared. Must never: do more than hold, whatever the program file says; offices and
 * families share addresses.
 */
import type { Signal, Verdict } from '../signal.ts';

export const sameIp: Signal = {
  name: 'same_ip',
  reason: 'self_referral',
  atSignup(world, _ctx, _config, { referee, referrer }): Verdict {
    const own = world.facts.by('person', referee.id).filter((f) => f.kind === 'ip');
    if (own.length === 0) return { hit: false, saw: { ip: 'not_seen' } };
    const sharers = new Set<bigint>();
    for (const fact of own) {
      for (const other of world.facts.by('value', `ip\n${fact.valueHash}`)) {
        if (other.personId === referee.id) continue;
        const theirs = world.referrals.get(other.personId)?.referrerId;
        if (other.personId === referrer.id || theirs === referrer.id) sharers.add(other.personId);
      }
    }
    return {
      hit: sharers.size > 0,
      atMost: 'hold',
      saw: {
        ip: 'seen',
        used_by_referrer: sharers.has(referrer.id),
        used_by_other_referees: sharers.size - (sharers.has(referrer.id) ? 1 : 0),
      },
    };
  },
};
