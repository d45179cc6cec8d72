/**
 * Click fraud: many clicks on a referrer's links come from few places.
 * Promises: a link that many places follow says nothing, and neither do a few clicks. Must never: count anything but the
 * links' own clicks; what a page tells of them anybody could make up.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { Person } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import type { Signal, Verdict } from '../signal.ts';

function verdict(world: World, { params }: SignalConfig, { id }: Person): Verdict {
  const { clicks = 0, networks = 0 } = world.clickFigures.get(id) ?? {};
  const most = Number(params.clicks);
  return { hit: clicks > most * Math.max(networks, 1), saw: { clicks, networks, clicks_of_one_network: most } };
}

export const clickFraud: Signal = {
  name: 'click_fraud',
  reason: 'click_fraud',
  needs: ({ params }) => ({ clicksWithinMs: Number(params.withinMs) }),
  atSignup: (world, _ctx, config, { referrer }) => verdict(world, config, referrer),
};
