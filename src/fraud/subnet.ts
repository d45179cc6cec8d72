/**
 * The network an address belongs to: /24 of IPv4, /64 of IPv6; a mapped IPv4 address counts as IPv4.
 * Must never: throw on what is no address.
 */
import ipaddr from 'ipaddr.js';

export function subnetOf(ip: string): string | undefined {
  if (!ipaddr.isValid(ip)) return undefined;
  const address = ipaddr.process(ip);
  const bits = address.kind() === 'ipv4' ? 24 : 64;
  const bytes = address.toByteArray().map((byte, index) => (index < bits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}
