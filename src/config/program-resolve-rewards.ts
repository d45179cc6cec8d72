/**
 * Tiers and reward rules, resolved and compared with one another.
 * Promises: a rule that could never earn, or a tier that nobody could reach, is refused. Must never: decide what is
 * earned; that is src/rewards.
 */
import type { Amount, PaymentRule, Program, Rule, Tier } from '../model/program.ts';
import type { Path } from './program-problems.ts';
import { DECIMALS_WITHOUT_CURRENCY, type Resolving, readAmount, refuseUnbuilt } from './program-resolving.ts';
import type { RuleFile, TierFile } from './program-schema-rewards.ts';

type PaymentFile = Extract<RuleFile, { when: 'payment' }>;

export function resolveTiers(resolving: Resolving): {
  readonly list: readonly Tier[];
  readonly by: Program['tiersBy'];
} {
  const { file, unit, problems, amount } = resolving;
  if (!file.tiers) return { list: [], by: 'qualified' };
  const { files, path, by } = tierFiles(resolving);
  if (by === 'monthly_volume' && (unit.kind !== 'money' || unit.currency === 'payment')) {
    problems.add(['tiers', 'by'], 'a volume needs a unit of money in one currency');
    return { list: [], by };
  }
  const line = (at: Path, text: string) =>
    by === 'qualified' ? readAmount(problems, at, text, 0, 0n) : amount(at, text);
  const list = files.map((tier, index): Tier => {
    const at = [...path, index];
    const optional = (key: 'credit' | 'max_balance', least: bigint) => {
      const text = tier[key];
      return text === undefined ? undefined : amount([...at, key], text, least);
    };
    return {
      name: tier.name,
      from: line([...at, 'from'], tier.from),
      credit: optional('credit', 0n),
      share: tier.share,
      maxBalance: optional('max_balance', 1n),
      expiresAfter: tier.expires_after,
    };
  });
  for (const [index, tier] of list.entries()) {
    const before = list[index - 1];
    const at = [...path, index];
    if (!before && tier.from !== 0n) problems.add([...at, 'from'], 'the first tier begins at 0');
    if (before && tier.from <= before.from)
      problems.add([...at, 'from'], `must be more than the ${before.from} of the tier before`);
    if (list.findIndex(({ name }) => name === tier.name) < index)
      problems.add([...at, 'name'], 'names a second tier like that');
  }
  return { list, by };
}

function tierFiles({ file }: Resolving): { files: readonly TierFile[]; path: Path; by: Program['tiersBy'] } {
  const { tiers = [] } = file;
  if ('by' in tiers) return { files: tiers.list, path: ['tiers', 'list'], by: tiers.by };
  return { files: tiers, path: ['tiers'], by: 'qualified' };
}

export function resolveRules(resolving: Resolving): readonly Rule[] {
  return Object.entries(resolving.file.rewards).map(([name, rule]) => resolveRule(resolving, name, rule));
}

function resolveRule(resolving: Resolving, name: string, rule: RuleFile): Rule {
  const { file, problems, kinds, amount } = resolving;
  const path = ['rewards', name];
  refuseUnbuilt(problems, [...path, 'when'], 'when', rule.when, kinds.rules);
  const base = {
    name,
    to: rule.to,
    label: rule.label ?? name,
    vestsAfter: rule.vests_after || undefined,
    lifetimeCap: rule.lifetime_cap === undefined ? undefined : amount([...path, 'lifetime_cap'], rule.lifetime_cap, 1n),
  };
  switch (rule.when) {
    case 'payment':
      return { ...base, when: rule.when, ...resolvePayment(resolving, path, rule) };
    case 'usage': {
      const earned = resolveAmount(resolving, [...path, 'amount'], rule.amount);
      return { ...base, when: rule.when, amount: earned, count: BigInt(rule.count), billable: rule.billable };
    }
    case 'rank':
      if (rule.to !== 'referrer') problems.add([...path, 'to'], 'a rank is of referrers');
      return {
        ...base,
        when: rule.when,
        amount: resolveAmount(resolving, [...path, 'amount'], rule.amount),
        top: rule.top,
      };
    default:
      if (rule.when === 'qualified' && !file.qualify)
        problems.add([...path, 'when'], 'qualified needs the key qualify, which says when');
      return { ...base, when: rule.when, amount: resolveAmount(resolving, [...path, 'amount'], rule.amount) };
  }
}

function resolvePayment(
  resolving: Resolving,
  path: Path,
  rule: PaymentFile,
): Omit<PaymentRule, 'when' | 'name' | 'to' | 'label' | 'vestsAfter' | 'lifetimeCap'> {
  const { problems, unit } = resolving;
  if ((rule.share === undefined) === (rule.amount === undefined)) problems.add(path, 'needs either share or amount');
  if (rule.share !== undefined && unit.kind === 'points')
    problems.add([...path, 'share'], 'a share needs a unit of money');
  if (rule.share === 'tier.share') requireOfTiers(resolving, [...path, 'share'], 'share');
  return {
    pays:
      rule.amount === undefined
        ? {
            kind: 'share',
            share: typeof rule.share === 'bigint' ? { kind: 'fixed', rate: rule.share } : { kind: 'tier_share' },
          }
        : { kind: 'amount', amount: resolveAmount(resolving, [...path, 'amount'], rule.amount) },
    of: rule.of,
    minimumPayment:
      rule.minimum_payment === undefined
        ? 0n
        : minimumPayment(resolving, [...path, 'minimum_payment'], rule.minimum_payment),
    kinds: rule.kinds,
    settle: rule.settle,
  };
}

/** The one amount that `currency: payment` can have: it is compared with the minor units of each payment's currency. */
function minimumPayment({ unit, problems, amount }: Resolving, path: Path, text: string): bigint {
  if (unit.kind === 'points') {
    problems.add(path, 'needs a unit of money, for it is compared with payments');
    return 0n;
  }
  return unit.currency === 'payment'
    ? readAmount(problems, path, text, DECIMALS_WITHOUT_CURRENCY, 0n)
    : amount(path, text);
}

function resolveAmount(resolving: Resolving, path: Path, text: string): Amount {
  if (text !== 'tier.credit') return { kind: 'fixed', amount: resolving.amount(path, text, 1n) };
  requireOfTiers(resolving, path, 'credit');
  return { kind: 'tier_credit' };
}

/** `tier.credit` and `tier.share` have a value for whoever comes. */
function requireOfTiers(resolving: Resolving, path: Path, key: 'credit' | 'share'): void {
  const { files } = tierFiles(resolving);
  if (files.length === 0) resolving.problems.add(path, `tier.${key} needs tiers`);
  const without = files.filter((tier) => tier[key] === undefined).map(({ name }) => name);
  if (without.length > 0)
    resolving.problems.add(path, `tier.${key} needs a ${key} in every tier; ${without.join(', ')} has none`);
}
