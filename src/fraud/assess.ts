/**
 * Asks the program's signals about one case.
 * Promises: every configured signal that has something to say at this point is asked, and what each saw is kept. Must
 * never: swallow a signal that throws; the event parks.
 */
import type { FoldContext } from '../model/fold.ts';
import type { Person } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { type Assessment, gather, type PaymentCase, type SignupCase } from './signal.ts';
import { signals } from './signals/index.ts';

export function assessSignup(world: World, ctx: FoldContext, about: SignupCase, only?: string): Assessment {
  const asked = ctx.loaded.program.signals.flatMap((config) => {
    if (only !== undefined && config.name !== only) return [];
    const ask = signals.get(config.name)?.atSignup;
    return ask ? [{ config, verdict: ask(world, ctx, config, about) }] : [];
  });
  return gather(asked);
}

export function assessPayment(world: World, ctx: FoldContext, about: PaymentCase): Assessment {
  const asked = ctx.loaded.program.signals.flatMap((config) => {
    const verdict = signals.get(config.name)?.atPayment?.(world, ctx, config, about);
    return verdict ? [{ config, verdict }] : [];
  });
  return gather(asked);
}

export function assessReferrer(world: World, ctx: FoldContext, referrer: Person): Assessment {
  const asked = ctx.loaded.program.signals.flatMap((config) => {
    const verdict = signals.get(config.name)?.ofReferrer?.(world, ctx, config, referrer);
    return verdict ? [{ config, verdict }] : [];
  });
  return gather(asked);
}
