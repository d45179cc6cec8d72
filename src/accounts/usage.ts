/**
 * Usage, counted as far as anything depends on it.
 * Promises: the same usage_id counts once; the order in which usage is told does not matter; beyond the highest
 * milestone and the qualification nothing is written but the day of the last use. Must never: count what is not
 * billable where the program asks for billable usage.
 */
import type { Program } from '../model/program.ts';
import type { UsageEvent, UsageTotal } from '../model/records.ts';
import type { World } from '../model/world.ts';

const DAY_MS = 86_400_000;

export interface UsageNeeds {
  /** The highest counts that any rule asks for; 0n: none does. */
  readonly any: bigint;
  readonly billable: bigint;
  readonly qualify: { readonly count: bigint; readonly billable: boolean } | null;
}

export function usageNeeds({ rules, qualify }: Program): UsageNeeds {
  let any = 0n;
  let billable = 0n;
  for (const rule of rules) {
    if (rule.when !== 'usage') continue;
    if (rule.billable) billable = rule.count > billable ? rule.count : billable;
    else any = rule.count > any ? rule.count : any;
  }
  return { any, billable, qualify: qualify?.when === 'usage' ? qualify : null };
}

/** Whether usage at `at` can change nothing that anybody asks for. */
export function isPastNeeds(total: UsageTotal | undefined, needs: UsageNeeds, at: Date): boolean {
  const { quantity, billable, qualifyingAt } = total ?? { quantity: 0n, billable: 0n, qualifyingAt: null };
  if (quantity < needs.any || billable < needs.billable) return false;
  return needs.qualify === null || (qualifyingAt !== null && qualifyingAt <= at);
}

/** Takes one use. Returns whether anything that a rule asks for may have changed. */
export function takeUse(world: World, needs: UsageNeeds, use: UsageEvent): boolean {
  const before = world.usageTotals.get(use.personId);
  if (isPastNeeds(before, needs, use.at)) {
    noteDay(world, before, use);
    return false;
  }
  if (world.usageEvents.get(`${use.personId}\n${use.usageId}`)) return false;
  world.usageEvents.put(use);
  world.usageTotals.put({
    personId: use.personId,
    quantity: (before?.quantity ?? 0n) + use.quantity,
    billable: (before?.billable ?? 0n) + (use.billable ? use.quantity : 0n),
    qualifyingAt: qualifyingAt(world, needs, use.personId, before?.qualifyingAt ?? null),
    lastAt: before && before.lastAt > use.at ? before.lastAt : use.at,
  });
  return true;
}

function noteDay(world: World, before: UsageTotal | undefined, use: UsageEvent): void {
  if (before && use.at.getTime() - before.lastAt.getTime() < DAY_MS) return;
  const total = before ?? { personId: use.personId, quantity: 0n, billable: 0n, qualifyingAt: null };
  world.usageTotals.put({ ...total, lastAt: use.at });
}

/** When the earliest uses added up to what qualifies; what is told later may make it earlier. */
function qualifyingAt(world: World, { qualify }: UsageNeeds, personId: bigint, known: Date | null): Date | null {
  if (!qualify) return null;
  const uses = world.usageEvents
    .by('person', personId)
    .filter((use) => use.billable || !qualify.billable)
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  let sum = 0n;
  for (const use of uses) {
    sum += use.quantity;
    if (sum >= qualify.count) return known && known < use.at ? known : use.at;
  }
  return known;
}

/** What a join leaves: the uses of both, each once. */
export function joinUsage(world: World, kept: bigint, gone: bigint, needs: UsageNeeds): void {
  for (const use of world.usageEvents.by('person', gone)) takeUse(world, needs, { ...use, personId: kept });
}
