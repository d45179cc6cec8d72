/**
 * Whose address a request came from, for counting how often somebody asks.
 * Promises: one who holds a whole network of IPv6 addresses counts once. Must never: be kept; the limits keep a hash.
 */
import ipaddr from 'ipaddr.js';

const V6_NETWORK_BYTES = 8;

/** Whoever has one IPv6 address has a whole /64 of them. */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return address.toByteArray().slice(0, V6_NETWORK_BYTES).join('.');
}
