/**
 * What is told later with the code of somebody who is erased: an old link, a provider's own webhook.
 * Promises: in the transaction that handles the event its body loses the code's text. Must never: cost a batch anything
 * in which no such code is named.
 */
import type { PoolClient } from 'pg';
import { READ_EVENTS } from '../inbox/inbox.sql.ts';
import { isHidden } from '../model/code-names.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Provider } from '../model/provider.ts';
import type { World } from '../model/world.ts';
import { ARE_CODES, REWRITE_BODIES } from './erasure.sql.ts';
import { carriersOf, codesSaid, spellingsAtProviders, withoutCodes, withSpellings } from './hide-codes.ts';
import { readEvent } from './read-events.ts';

export interface Told {
  readonly world: World;
  readonly events: readonly FoldEvent[];
  readonly ctx: FoldContext;
  readonly providers: ReadonlyMap<string, Provider>;
}

export async function hideToldCodes(client: PoolClient, { world, events, ctx, providers }: Told): Promise<void> {
  const { keyed } = ctx;
  const { no, program } = ctx.loaded;
  if (!Array.from(world.codes.all()).some(({ codeKey }) => isHidden(codeKey))) return;
  const codes = new Map<string, string>();
  const naming = events.filter((event) => {
    const said = [...codesSaid({ ok: true, event }, keyed)].filter((key) => world.codes.get(keyed.hiddenCode(key)));
    for (const key of said) codes.set(key, keyed.hiddenCode(key));
    return said.length > 0;
  });
  if (naming.length === 0) return;
  const spelled = [...codes.keys()].flatMap(spellingsAtProviders);
  const taken = await client.query<{ code_key: string }>(ARE_CODES, [no, spelled]);
  const hidden = withSpellings(codes, new Set(taken.rows.map((row) => row.code_key)));
  const { rows } = await client.query(READ_EVENTS, [no, naming.map(({ id }) => id)]);
  const rewritten = rows.flatMap((row) => {
    if (row.body === null) return [];
    const read = (body: unknown) => readEvent({ ...stored(row), body }, program, providers);
    const body = withoutCodes(row.body, { codes: hidden, carriers: carriersOf(program), read, keyed });
    return body === undefined ? [] : [{ id: row.id as bigint, body }];
  });
  await client.query(REWRITE_BODIES, [no, rewritten.map(({ id }) => id), rewritten.map(({ body }) => body)]);
}

/** A row of the inbox, without its body. */
export function stored(row: Record<string, unknown>) {
  return {
    id: row.id as bigint,
    source: row.source as string,
    eventId: row.event_id as string,
    type: row.type as string,
    receivedAt: row.received_at as Date,
    occurredAt: row.occurred_at as Date | null,
    triedOnce: row.tried_once as boolean,
  };
}
