/**
 * Lines added up: by author for the shares, and by contributor, repository and component for the reports; pure.
 * Promises: a line counts once, with its component's weight; addresses that differ only in case are one. Must never:
 * show an address.
 */
import type { RepositoryLines } from './attribute.ts';

export interface LineRow {
  readonly repository: string;
  readonly component: string;
  readonly identity: string;
  /** In thousandths. */
  readonly weight: bigint;
  readonly lines: number;
}

export interface Scores {
  readonly identities: readonly {
    readonly identity: string;
    readonly address: string;
    readonly name: string;
    readonly score: bigint;
  }[];
  readonly lines: readonly LineRow[];
}

/** `hash`: by which an address is known. */
export function scoresOf(repositories: readonly RepositoryLines[], hash: (address: string) => string): Scores {
  const identities = new Map<string, Scores['identities'][number]>();
  const lines: LineRow[] = [];
  for (const { name: repository, counted } of repositories) {
    for (const { component, weight, address, name, lines: count } of counted) {
      const identity = hash(address);
      const known = identities.get(identity);
      const score = (known?.score ?? 0n) + weight * BigInt(count);
      identities.set(identity, { identity, address, name: known?.name ?? name, score });
      lines.push({ repository, component, identity, weight, lines: count });
    }
  }
  const sorted = [...identities.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1));
  return { identities: sorted, lines };
}
