/**
 * Country: the referee came from a country that does not take part, as a list or a service told.
 * Promises: until it is known, the referral waits, and is decided when the answer comes. Must never: ask anything by
 * itself.
 */
import { networksOf } from '../networks.ts';
import type { Signal, Verdict } from '../signal.ts';

export const COUNTRY = 'country';

export const country: Signal = {
  name: COUNTRY,
  reason: 'fake_accounts',
  needs: () => ({ networks: true }),
  atSignup(world, _ctx, { params }, { referee }): Verdict {
    const { seen, told } = networksOf(world, referee.id);
    if (!seen) return { hit: false, saw: { ip: 'not_seen' } };
    const countries = [...new Set(told.flatMap(({ country }) => country ?? []))];
    if (countries.length === 0) {
      return { hit: true, unavailable: true, atMost: 'hold', saw: { country: 'check_unavailable' } };
    }
    const [allow, deny] = [params.allow, params.deny] as (readonly string[])[];
    const isOut = (code: string) => deny?.includes(code) || (allow?.length && !allow.includes(code));
    return { hit: countries.some(isOut), saw: { countries } };
  },
};
