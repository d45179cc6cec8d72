/**
 * The Open Source Fund of a program file, resolved.
 * Promises: a fund pays money of one currency; weights and the minimum are exact. Must never: look whether a checkout
 * or an SBOM is there; they change with each release, and the run says so.
 */
import type { Fund } from '../model/program.ts';
import { resolveSecrets } from './program-resolve-sources.ts';
import { type Resolving, readAmount } from './program-resolving.ts';
import type { FundFile } from './program-schema-fund.ts';

const WEIGHT_DECIMALS = 3;

export function resolveFund(resolving: Resolving): Fund | undefined {
  const { file, unit, problems, amount } = resolving;
  const { fund } = file;
  if (!fund) return undefined;
  if (unit.kind === 'points' || unit.currency === 'payment') {
    problems.add(['fund'], 'a fund pays money: it needs a unit of one currency');
    return undefined;
  }
  const seen = new Set<string>();
  for (const [index, { name }] of fund.components.entries()) {
    if (seen.has(name)) problems.add(['fund', 'components', index, 'name'], 'is the name of another component');
    seen.add(name);
  }
  return {
    share: fund.share,
    minimumPayout: amount(['fund', 'minimum_payout'], fund.minimum_payout),
    currency: unit.currency,
    keepUnregistered: fund.keep_unregistered,
    since: fund.since,
    sbom: fund.sbom,
    repositories: Object.entries(fund.repositories).map(([name, repository]) => ({ name, ...repository })),
    components: fund.components.map(({ name, weight, files }, index) => ({
      name,
      weight: readAmount(problems, ['fund', 'components', index, 'weight'], weight, WEIGHT_DECIMALS, 1n),
      files,
    })),
    exclude: {
      authors: fund.exclude.authors,
      files: fund.exclude.files,
      bulkFiles: fund.exclude.bulk_files,
    },
    sink: sinkOf(resolving, fund),
  };
}

function sinkOf({ problems, providers }: Resolving, { payout }: FundFile): Fund['sink'] {
  if (payout.sink === 'csv') return { kind: 'csv' };
  const secrets = resolveSecrets(problems, ['fund', 'payout'], payout, 'the payouts', providers.get('standard'));
  return { kind: 'webhook', url: payout.url, secrets, idempotent: payout.idempotent, lookup: false };
}
