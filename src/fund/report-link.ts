/**
 * The link under which a contributor looks at the reports without signing in; pure.
 * Promises: it names one contributor, or everybody's report, and tells neither. Must never: be makeable without our key,
 * or open anything but reports.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whom the link of the operator names: nobody. */
export const NOBODY = 0n;

const SIGNATURE_LENGTH = 22;

export function writeReportLink(key: Buffer, contributorId: bigint): string {
  return `${contributorId}.${sign(key, contributorId)}`;
}

export function readReportLink(key: Buffer, token: string): bigint | undefined {
  const [, id, signature = ''] = /^(\d{1,18})\.([A-Za-z0-9_-]{22})$/.exec(token) ?? [];
  if (id === undefined) return undefined;
  const [given, expected] = [Buffer.from(signature), Buffer.from(sign(key, BigInt(id)))];
  return timingSafeEqual(given, expected) ? BigInt(id) : undefined;
}

function sign(key: Buffer, contributorId: bigint): string {
  return createHmac('sha256', key).update(String(contributorId)).digest('base64url').slice(0, SIGNATURE_LENGTH);
}
