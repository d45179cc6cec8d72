/**
 * Which addresses our own requests may go to; pure.
 * Promises: only globally routed unicast addresses pass, by https; what the operator allows passes whatever it is, by
 * plain http too. Must never: judge a name; names are judged by the addresses they resolve to, at each connection.
 */
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

export type Scheme = 'http:' | 'https:';
export type Permits = (address: string, scheme: Scheme) => boolean;

/** All that is routed on the internet; outside lie NAT64 (64:ff9b::), IPv4-compatible (::a.b.c.d), ULA and the rest. */
const GLOBAL_UNICAST: Network = [ipaddr.IPv6.parse('2000::'), 3];

/** Public by their number, and yet inside: Azure's metadata and agent address. */
const INSIDE_THE_CLOUD: readonly Network[] = [[ipaddr.IPv4.parse('168.63.129.16'), 32]];

/** `allow` is a CIDR list, as config/env.ts checked it. */
export function permitsFor(allow: readonly string[]): Permits {
  const networks = allow.map((cidr) => ipaddr.parseCIDR(cidr));
  return (address, scheme) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    // An allowed IPv4 network is also reached by ::ffff:a.b.c.d; for all others that spelling is a trick.
    const plain = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
    if (networks.some((network) => within(plain, network) || within(parsed, network))) return true;
    return scheme === 'https:' && isPublic(parsed);
  };
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv6) return within(address, GLOBAL_UNICAST);
  return !INSIDE_THE_CLOUD.some((network) => within(address, network));
}

function within(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}
