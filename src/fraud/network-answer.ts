/**
 * What a service answers about an address: JSON with `country` (or `country_code`), `asn`, and `kinds` or flags such as
 * `hosting`, `proxy`, `vpn`, `tor`.
 * Must never: take a field that is missing for a no.
 */
import { asnOf, countryOf, type NetworkFacts } from './network-list.ts';

export const NETWORK_KINDS = ['hosting', 'proxy', 'vpn', 'tor'] as const;

/** undefined: that is no answer. */
export function networkAnswer(body: string): NetworkFacts | undefined {
  let told: Record<string, unknown>;
  try {
    told = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (told === null || typeof told !== 'object' || Array.isArray(told)) return undefined;
  return { country: countryOf(told.country_code ?? told.country), asn: asnOf(told.asn), kinds: kindsOf(told) };
}

function kindsOf(told: Record<string, unknown>): string[] | null {
  if (Array.isArray(told.kinds)) return told.kinds.filter((kind) => typeof kind === 'string');
  const flags = NETWORK_KINDS.filter((kind) => typeof told[kind] === 'boolean');
  return flags.length === 0 ? null : flags.filter((kind) => told[kind] === true);
}
