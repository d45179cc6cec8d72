/**
 * Domains of throw-away mailboxes, from a list that the community keeps.
 * Promises: a subdomain counts as its registrable domain. Must never: list relays that people use for privacy.
 */
import { isDisposableEmailDomain } from 'disposable-email-domains-js';
import { getDomain } from 'tldts';

export function isDisposable(domain: string): boolean {
  const lower = domain.toLowerCase();
  return isDisposableEmailDomain(lower) || isDisposableEmailDomain(getDomain(lower) ?? lower);
}
