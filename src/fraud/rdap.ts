/**
 * RDAP (RFC 9082, 9083): what a registry answers about a domain.
 * Promises: asked is the domain that somebody registered, not a part of it. Must never: take an answer that says nothing
 * of the registration for one that does.
 */
import { getDomain } from 'tldts';

export function rdapUrl(base: string, domain: string): string {
  return `${base.replace(/(?<!\/)\/+$/, '')}/domain/${encodeURIComponent(getDomain(domain) ?? domain)}`;
}

export function registrationOf(body: string): Date | undefined {
  let told: { events?: unknown };
  try {
    told = JSON.parse(body);
  } catch {
    return undefined;
  }
  const events: unknown[] = Array.isArray(told?.events) ? told.events : [];
  for (const event of events) {
    const { eventAction, eventDate } = (event ?? {}) as { eventAction?: unknown; eventDate?: unknown };
    const at = eventAction === 'registration' && typeof eventDate === 'string' ? new Date(eventDate) : undefined;
    if (at && !Number.isNaN(at.getTime())) return at;
  }
  return undefined;
}
