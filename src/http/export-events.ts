/**
 * What was told to us about one person, as the inbox keeps it, for their export.
 * Promises: other people's addresses are masked; of a batch only what names this person; bounded, newest first. Must
 * never: hand over a body that names somebody else, too: that one is listed without its text.
 */
import { API_SOURCE, type ReadEvent, readEvent } from '../engine/read-events.ts';
import { parseBody } from '../model/body.ts';
import { maskEmail, matchEmail } from '../model/email.ts';
import type { Fact } from '../model/facts.ts';
import type { LoadedProgram } from '../model/program.ts';
import { aliasKey, customerValue } from '../model/world.ts';
import type { Deps } from './deps.ts';
import { type BodyRow, findBodies } from './export.sql.ts';

export interface Known {
  /** `member\n<id>` and `customer\n<provider>:<account>:<id>`. */
  readonly aliases: ReadonlySet<string>;
  readonly email: string | null;
}

export interface ToldEvent {
  readonly source: string;
  readonly type: string;
  readonly received_at: Date;
  readonly body: string | null;
}

export async function eventsAbout(
  { pools, providers }: Pick<Deps, 'pools' | 'providers'>,
  { no, program }: LoadedProgram,
  known: Known,
): Promise<ToldEvent[]> {
  const texts = textsOf(known);
  const rows = texts.length === 0 ? [] : await findBodies(pools.knex, no, texts);
  return rows.flatMap((row) => {
    const body = theirs(row, known, (each) => readEvent(each, program, providers));
    return body === undefined ? [] : [{ source: row.source, type: row.type, received_at: row.received_at, body }];
  });
}

/** In lower case: the address as it is, ids as JSON has them. */
function textsOf({ aliases, email }: Known): string[] {
  const ids = [...aliases].map((alias) => {
    const [kind, value = ''] = alias.split('\n');
    return kind === 'customer' ? value.split(':').slice(2).join(':') : value;
  });
  return [...(email ? [email.toLowerCase()] : []), ...ids.map((id) => JSON.stringify(id).toLowerCase())];
}

type Read = (stored: Parameters<typeof readEvent>[0]) => ReadEvent;

/** undefined: it is not about them; null: it is about others, too, or nobody can tell. */
function theirs(row: BodyRow, known: Known, read: Read): string | null | undefined {
  const parsed = parsedOf(row.body);
  if (parsed === undefined) return null;
  const stored = { id: row.id, source: row.source, eventId: row.event_id, type: row.type };
  const result = read({
    ...stored,
    receivedAt: row.received_at,
    occurredAt: row.occurred_at,
    triedOnce: false,
    body: parsed,
  });
  if (!result.ok || result.event.content.kind !== 'facts') return null;
  const { facts } = result.event.content.normalized;
  if (row.source === API_SOURCE) return partOf(parsed as { events: unknown[] }, facts, known);
  const named = facts.flatMap((fact) => namedIn(fact, row.source));
  const own = named.filter((name) => isKnown(name, known));
  if (named.length > 0 && own.length === 0) return undefined;
  return own.length < named.length ? null : written(parsed, known);
}

function partOf({ events }: { events: unknown[] }, facts: readonly Fact[], known: Known): string | undefined {
  const own = events.filter((_, index) => {
    const named = namedIn(facts[index] as Fact, API_SOURCE);
    return named.length > 0 && named.every((name) => isKnown(name, known));
  });
  return own.length === 0 ? undefined : written({ events: own }, known);
}

/** One way in which a fact names somebody: any of these is theirs. */
type Name = readonly string[];

const isKnown = (name: Name, { aliases, email }: Known): boolean =>
  name.some((each) => aliases.has(each) || (email !== null && each === addressKey(email)));

const member = (id: string): Name => [aliasKey('member', id)];
const addressKey = (email: string): string => `email\n${matchEmail(email)?.address ?? email}`;

function namedIn(fact: Fact, source: string): Name[] {
  switch (fact.fact) {
    case 'member':
    case 'member_deleted':
    case 'usage':
      return [member(fact.memberId)];
    case 'customer':
      return [customer(fact, fact.customerId, source), ...fact.memberIds.map(({ memberId }) => member(memberId))];
    case 'payment':
      return [
        ...(fact.customerId ? [customer(fact, fact.customerId, source)] : []),
        ...fact.payers.map(({ memberId }) => member(memberId)),
        ...(fact.email && fact.payers.length === 0 && !fact.customerId ? [[addressKey(fact.email)]] : []),
      ];
    case 'code_alias':
    case 'payment_link':
    case 'refund':
    case 'dispute':
      return [];
  }
}

/** Somebody known only as a customer is a member of that name. */
function customer(told: { provider: string; account: string }, id: string, source: string): Name {
  return [aliasKey('customer', customerValue(told.provider, told.account, id)), ...member(`${source}:${id}`)];
}

function parsedOf(body: string): unknown {
  try {
    return parseBody(body);
  } catch {
    return undefined;
  }
}

/** Whatever stands between such characters: an address, if it has an @. */
const WORD = /[^\s"'<>()[\],;:]+/g;

function written(body: unknown, { email }: Known): string {
  const own = email === null ? undefined : addressKey(email);
  const mask = (word: string) => (!word.includes('@') || addressKey(word) === own ? word : maskEmail(word));
  return JSON.stringify(body, (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(WORD, mask) : value,
  );
}
