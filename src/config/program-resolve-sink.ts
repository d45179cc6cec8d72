/**
 * Where credits go, and what a program cannot have when they do not stay here.
 * Promises: a program whose balance is kept elsewhere never promises what only a ledger of our own can hold to. Must
 * never: reach out to see whether the sink is there.
 */
import type { Program, SinkConfig } from '../model/program.ts';
import { resolveSecrets } from './program-resolve-sources.ts';
import { type Resolving, refuseUnbuilt } from './program-resolving.ts';
import type { DeliveryFile } from './program-schema-sources.ts';

const ACCOUNT_KIND = { stripe_balance: 'stripe', stripe_credit_grant: 'stripe', paddle_discount: 'paddle' } as const;

export function resolveSink(resolving: Resolving): Pick<Program, 'sink' | 'spend'> {
  const { file, problems, kinds, amount } = resolving;
  refuseUnbuilt(problems, ['delivery', 'sink'], 'sink', file.delivery.sink, kinds.sinks);
  if (file.delivery.sink !== 'ledger') refuseWithoutOurBalance(resolving);
  const spend = file.spend && { on: file.spend.on, per: amount(['spend', 'per'], file.spend.per, 1n) };
  return { sink: sinkConfig(resolving, file.delivery), spend };
}

function refuseWithoutOurBalance({ file, problems }: Resolving): void {
  const without = (what: string) =>
    `with another sink than the ledger a credit is delivered and spent there, so there is no ${what} here`;
  if (file.spend) problems.add(['spend'], without('spend'));
  const above = Array.isArray(file.tiers) ? ['tiers'] : ['tiers', 'list'];
  const tiers = Array.isArray(file.tiers) ? file.tiers : (file.tiers?.list ?? []);
  for (const [index, tier] of tiers.entries()) {
    if (tier.max_balance !== undefined) problems.add([...above, index, 'max_balance'], without('max_balance'));
    if (tier.expires_after !== 'never') problems.add([...above, index, 'expires_after'], without('expires_after'));
  }
}

function sinkConfig(resolving: Resolving, delivery: DeliveryFile): SinkConfig {
  const { problems, providers, unit } = resolving;
  if (delivery.sink === 'ledger') return { kind: 'ledger' };
  if (delivery.sink === 'webhook') {
    // Deliveries are signed as the generic source's webhooks are.
    const secrets = resolveSecrets(problems, ['delivery'], delivery, 'the sink', providers.get('standard'));
    return { kind: 'webhook', url: delivery.url, secrets, idempotent: delivery.idempotent, lookup: delivery.lookup };
  }
  if (unit.kind === 'points') problems.add(['delivery', 'sink'], 'takes money, and the unit is points');
  if (delivery.api_key.trim() === '') problems.add(['delivery', 'api_key'], 'the API key of the sink is empty');
  const account = { apiKey: delivery.api_key, source: accountSource(resolving, delivery), apiBase: delivery.api_base };
  return { kind: delivery.sink, ...account };
}

/** The source that knows the customers of the sink's account: the one that is named, or the only one of the kind. */
function accountSource(
  { file, problems }: Resolving,
  delivery: Exclude<DeliveryFile, { sink: 'ledger' | 'webhook' }>,
): string {
  const kind = ACCOUNT_KIND[delivery.sink];
  const candidates = Object.keys(file.sources).filter((name) => file.sources[name]?.kind === kind);
  const named = delivery.source ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (named !== undefined && candidates.includes(named)) return named;
  const known = candidates.length > 0 ? candidates.join(', ') : 'none';
  problems.add(['delivery', 'source'], `must name a source of kind ${kind}, for its customers; there are: ${known}`);
  return '';
}
