/**
 * A list of networks: which country, autonomous system and kind an address belongs to.
 * Promises: lines are `network,country,asn,kind` or `first,last,country,asn,kind`, as the usual free lists have them; of
 * networks that hold one another the narrowest counts; a line that cannot be read refuses the list. Must never: say
 * anything about an address that stands in no line.
 */
import ipaddr from 'ipaddr.js';

/** What is known of the network of an address; null: whoever was asked does not say. */
export interface NetworkFacts {
  /** ISO 3166, in capitals. */
  readonly country: string | null;
  readonly asn: number | null;
  readonly kinds: readonly string[] | null;
}

export const NOTHING_SAID: NetworkFacts = { country: null, asn: null, kinds: null };

interface Range {
  readonly first: bigint;
  readonly last: bigint;
  readonly facts: NetworkFacts;
}

/** Ranges by their first address; `reach`: the furthest last address up to this one, so that a search knows when to end. */
export interface NetworkList {
  readonly ranges: readonly Range[];
  readonly reach: readonly bigint[];
}

export function parseNetworkList(text: string): NetworkList {
  const ranges = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#') || /^"?(network|cidr|first|start|ip)/i.test(line)) return [];
    const range = readLine(line.split(',').map((cell) => cell.trim().replace(/^"|"$/g, '')));
    if (!range) throw new Error(`line ${index + 1} of the list of networks cannot be read`);
    return [range];
  });
  ranges.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const reach: bigint[] = [];
  for (const { last } of ranges) reach.push(max(reach.at(-1) ?? last, last));
  return { ranges, reach };
}

export function findNetwork({ ranges, reach }: NetworkList, ip: string): NetworkFacts {
  const address = numberOf(ip);
  if (address === undefined) return NOTHING_SAID;
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as Range).first <= address) low = middle + 1;
    else high = middle;
  }
  let best: Range | undefined;
  for (let at = low - 1; at >= 0 && (reach[at] as bigint) >= address; at--) {
    const range = ranges[at] as Range;
    if (range.last >= address && (!best || size(range) < size(best))) best = range;
  }
  return best?.facts ?? NOTHING_SAID;
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const size = ({ first, last }: Range): bigint => last - first;

/** IPv4 as mapped into IPv6, so that one order holds for both. */
function numberOf(ip: string): bigint | undefined {
  if (!ipaddr.isValid(ip)) return undefined;
  return toNumber(ipaddr.process(ip));
}

function toNumber(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  const v6 = address.kind() === 'ipv4' ? (address as ipaddr.IPv4).toIPv4MappedAddress() : address;
  return BigInt(`0x${Buffer.from(v6.toByteArray()).toString('hex')}`);
}

function readLine([network = '', ...rest]: readonly string[]): Range | undefined {
  if (network.includes('/')) {
    if (!ipaddr.isValidCIDR(network)) return undefined;
    const [address, bits] = ipaddr.parseCIDR(network);
    const width = (address.kind() === 'ipv4' ? 32n : 128n) - BigInt(bits);
    const first = (toNumber(address) >> width) << width;
    return { first, last: first + (1n << width) - 1n, facts: readFacts(rest) };
  }
  const [first, last] = [numberOf(network), numberOf(rest[0] ?? '')];
  if (first === undefined || last === undefined || last < first) return undefined;
  return { first, last, facts: readFacts(rest.slice(1)) };
}

function readFacts([country = '', asn = '', kind = '']: readonly string[]): NetworkFacts {
  return { country: countryOf(country), asn: asnOf(asn), kinds: kind === '' ? [] : kind.toLowerCase().split(/[ |;]+/) };
}

/** ZZ and its like are what lists write for "unknown". */
export function countryOf(told: unknown): string | null {
  const code = typeof told === 'string' ? told.toUpperCase() : '';
  return /^[A-Z]{2}$/.test(code) && code !== 'ZZ' && code !== 'XX' ? code : null;
}

export function asnOf(told: unknown): number | null {
  const digits = /^(?:AS)?(\d{1,10})$/i.exec(String(told ?? ''))?.[1];
  return digits === undefined || Number(digits) === 0 ? null : Number(digits);
}
