/**
 * Network: the referee came from a network that people do not sit in, as a list or a service told.
 * Promises: until it is known, the referral waits. Must never: do more than hold for a VPN alone; honest people use them.
 */
import { networksOf } from '../networks.ts';
import type { Signal, Verdict } from '../signal.ts';

export const NETWORK_KIND = 'network';

export const network: Signal = {
  name: NETWORK_KIND,
  reason: 'fake_accounts',
  needs: () => ({ networks: true }),
  atSignup(world, _ctx, { params }, { referee }): Verdict {
    const { seen, told } = networksOf(world, referee.id);
    if (!seen) return { hit: false, saw: { ip: 'not_seen' } };
    const known = told.filter(({ kinds }) => kinds !== null);
    if (known.length === 0) {
      return { hit: true, unavailable: true, atMost: 'hold', saw: { network: 'check_unavailable' } };
    }
    const [wanted, systems] = [params.kinds as readonly string[], params.asns as readonly number[]];
    const kinds = [...new Set(known.flatMap((each) => each.kinds?.split(',') ?? []))].filter((k) => wanted.includes(k));
    const asns = told.flatMap(({ asn }) => (asn === null ? [] : Number(asn))).filter((asn) => systems.includes(asn));
    const onlyVpn = asns.length === 0 && kinds.every((kind) => kind === 'vpn');
    return {
      hit: kinds.length > 0 || asns.length > 0,
      saw: { kinds, ...(asns.length > 0 && { asns }) },
      ...(onlyVpn && { atMost: 'hold' }),
    };
  },
};
