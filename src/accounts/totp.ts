/**
 * One-time passwords by time (RFC 6238): SHA-1, 6 digits, 30 s, as every authenticator app has them.
 * Promises: a code is taken from one step before to one after, for clocks differ; it says which step it was, so that
 * the caller takes none twice. Must never: read a clock.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const TOTP_BYTES = 20;
const STEP_MS = 30_000;
const DIGITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function totpAt(secret: Buffer, step: bigint): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(step);
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac[mac.length - 1] as number) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The step whose code this is, around `now`; undefined: none. */
export function totpStep(secret: Buffer, code: string, now: Date): bigint | undefined {
  const given = code.replace(/\s/g, '');
  if (!/^\d{6}$/.test(given)) return undefined;
  const present = BigInt(Math.floor(now.getTime() / STEP_MS));
  const steps = [present, present - 1n, present + 1n];
  return steps.find((step) => timingSafeEqual(Buffer.from(totpAt(secret, step)), Buffer.from(given)));
}

/** RFC 4648, without padding: what people type into their app. */
export function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** What an authenticator app reads from a QR code. */
export function totpUrl(secret: Buffer, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`;
}
