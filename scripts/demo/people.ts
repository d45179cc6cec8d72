/**
 * The people of the demo and the chance that moves them.
 * Promises: pure; one seed, one world. Must never: use a name, address or network that could be somebody's; the domains
 * and the networks are those reserved for examples.
 */
export interface Chance {
  /** 0 ≤ x < 1. */
  next(): number;
  /** from ≤ n ≤ to. */
  between(from: number, to: number): number;
  pick<T>(list: readonly T[]): T;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly ip: string;
}

const FIRST =
  `Ada Amir Anouk Bruno Carmen Chidi Dara Elif Enzo Farah Finn Goran Hana Ines Ivan Jonas Kaya Lena Luca Maja
Malik Nadia Noor Oskar Priya Rafa Sami Selin Tariq Theo Uma Vera Wen Yara Yusuf Zoe`.split(/\s+/);
const LAST = `Abebe Almeida Berg Castro Demir Eriksen Fischer Garcia Haddad Ito Jensen Kaur Laurent Mensah Novak Okafor
Petrov Quist Rossi Silva Tanaka Ueda Vasquez Weber Xu Yilmaz Zhang`.split(/\s+/);
const DOMAINS = [
  'studio-lumen.example',
  'northwind.example',
  'kite-labs.example',
  'mail.example.com',
  'post.example.net',
  'inbox.example.org',
];

/** mulberry32: small, fast, the same everywhere. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return { next, between, pick: (list) => list[between(0, list.length - 1)] as (typeof list)[number] };
}

/** Person `number`: every one has an address of their own, until a story gives two the same. */
export function personOf(chance: Chance, number: number): Person {
  const [firstName, lastName] = [chance.pick(FIRST), chance.pick(LAST)];
  return personNamed(firstName, lastName, number, chance.pick(DOMAINS));
}

/** Somebody from a company of their own. */
export function developerOf(chance: Chance, number: number): Person {
  const [firstName, lastName] = [chance.pick(FIRST), chance.pick(LAST)];
  return personNamed(firstName, lastName, number, `${lastName.toLowerCase()}-${number}.example`);
}

export function personNamed(firstName: string, lastName: string, number: number, domain: string): Person {
  const login = `${firstName}.${lastName}${number}`.toLowerCase();
  const network = ['192.0.2', '198.51.100', '203.0.113'][number % 3];
  return {
    id: `usr_${login.replace('.', '_')}`,
    name: `${firstName} ${lastName}`,
    firstName,
    lastName,
    email: `${login}@${domain}`,
    ip: `${network}.${1 + Math.floor(number / 3)}`,
  };
}
