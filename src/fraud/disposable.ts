/**
 * Domains of throw-away mailboxes, from a list that the community keeps; the program file may know better.
 * Promises: a subdomain counts as its registrable domain. Must never: list relays that people use for privacy.
 */
import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';
import { getDomain } from 'tldts';
import type { Mailboxes } from '../model/program.ts';

/** Made once: the package's own check makes it again each time, in more than a millisecond. */
const LISTED = disposableEmailBlocklistSet();

export function isDisposable(domain: string, own?: Mailboxes): boolean {
  const lower = domain.toLowerCase();
  const names = [lower, getDomain(lower) ?? lower];
  if (names.some((name) => own?.trusted.includes(name))) return false;
  return names.some((name) => LISTED.has(name) || own?.disposable.includes(name));
}
