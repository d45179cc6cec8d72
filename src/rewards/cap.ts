/**
 * Lifetime caps: what one person may earn by one rule in all.
 * Promises: pending and held rewards count, too; the last one may be a part; a reversal frees no room, a rejection does.
 * Must never: let two rewards have the same room.
 */
import type { Rule } from '../model/program.ts';
import type { Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';

/** Takes what is left for `reward`, at most `amount`. null: the rule has no cap. Ask once for each reward. */
export function takeAllowance(world: World, rule: Rule, reward: Reward, amount: bigint): bigint | null {
  if (rule.lifetimeCap === undefined) return null;
  const used = world.allowances.get(`${reward.personId}\n${rule.name}`)?.used ?? 0n;
  const room = rule.lifetimeCap > used ? rule.lifetimeCap - used : 0n;
  const taken = amount < room ? amount : room;
  world.allowances.put({ personId: reward.personId, rule: rule.name, used: used + taken });
  return taken;
}
