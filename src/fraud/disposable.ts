/**
 * Domains of throw-away mailboxes, from a list that the community keeps.
 * Promises: a subdomain counts as its registrable domain. Must never: list relays that people use for privacy.
 */
import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';
import { getDomain } from 'tldts';

/** Made once: the package's own check makes it again each time, in more than a millisecond. */
const LISTED = disposableEmailBlocklistSet();

export function isDisposable(domain: string): boolean {
  const lower = domain.toLowerCase();
  return LISTED.has(lower) || LISTED.has(getDomain(lower) ?? lower);
}
