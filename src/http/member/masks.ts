/**
 * Other people as a member may see them.
 * Promises: an address is the first half of its local part, at most three characters, then ***@domain; a name is its
 * beginning; both fit on a page that strangers read. Must never: let through what is too short to be halved.
 */
import { firstHalf } from '../../model/email.ts';

export { maskEmail } from '../../model/email.ts';

/** For lists of strangers: by name, or where there is none by address without its domain. */
export function maskPerson(known: { readonly name: string | null; readonly email: string | null } | undefined): string {
  const name = firstName(known?.name ?? null) ?? known?.email?.split('@')[0] ?? '';
  return `${firstHalf(name)}***`;
}

const NAME_MAX = 40;

/** The first word of a name. What is an address is no name. */
export function firstName(name: string | null): string | undefined {
  const [first] = (name ?? '').trim().split(/\s+/);
  if (!first || first.includes('@')) return undefined;
  return Array.from(first).slice(0, NAME_MAX).join('');
}

/** Whoever belongs to an organization is named to its own people only. */
export function isNamedTo(asking: { readonly orgId: string | null }, orgId: string | null): boolean {
  return orgId === null || orgId === asking.orgId;
}

/** What rules say openly is no secret; whoever is tried out by a signal does not learn by which. */
const TOLD: ReadonlySet<string> = new Set(['self_referral', 'domain_used', 'code_refreshed']);

export function shownReason(status: string, reason: string | null): string | null {
  return status !== 'denied' || reason === null || TOLD.has(reason) ? reason : 'denied';
}
