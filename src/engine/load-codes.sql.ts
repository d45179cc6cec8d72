/**
 * The codes that a batch names, and those that new members and links would get.
 * Promises: what is asked for by its text is also asked for by the keyed hash under which the code of somebody who was
 * erased is kept. Must never: query once per code.
 */
import { nextName, nextSeed } from '../accounts/codes.ts';
import { personOfMember } from '../accounts/persons.ts';
import { keysOfText } from '../model/code-names.ts';
import type { Keys } from './keys.ts';
import { fetch, type Loader } from './loader.sql.ts';
import * as tables from './tables.sql.ts';

/** Codes are derived; the first three candidates are enough for any number of collisions we will see. */
const CODE_ATTEMPTS = [1, 2, 3];

export async function fetchCodes(load: Loader, texts: Iterable<string>): Promise<void> {
  const { keyed } = load.ctx;
  const keys = [...new Set(Array.from(texts, (text) => keysOfText(keyed, text)).flat())];
  await fetch(load, load.world.codes, tables.CODES, { by: ['codeKey'], keys: [keys] });
}

export async function loadCodes(load: Loader, keys: Keys): Promise<void> {
  const { world, ctx } = load;
  const wanted = new Set(keys.codeKeys);
  for (const alias of world.codeAliases.all()) wanted.add(alias.codeKey);
  const unknown = Array.from(keys.customers).filter(([, customer]) => !world.aliases.get(customer));
  for (const alias of new Set([...keys.aliases, ...unknown.map(([member]) => member)])) {
    const [kind, value] = alias.split('\n') as [string, string];
    if (kind !== 'member' || world.aliases.get(alias)) continue;
    const name = keys.names.get(value);
    for (const attempt of CODE_ATTEMPTS) wanted.add(ctx.keyed.code(value, name, attempt).toLowerCase());
  }
  await fetchCodes(load, wanted);
}

/** Whether the codes that a refresh or a new link would take are free; known once the person's own codes are. */
export async function loadNextCodes(load: Loader, keys: Keys): Promise<void> {
  const candidates = Array.from(keys.newCodes).flatMap((memberId) => {
    const person = personOfMember(load.world, memberId);
    if (!person) return [];
    const seed = nextSeed(load.world, person);
    // A link's code is never made of a name; a further code of the member's own may be.
    const names = new Set([undefined, nextName(load.world, load.ctx, person)]);
    return Array.from(names).flatMap((name) =>
      CODE_ATTEMPTS.map((attempt) => load.ctx.keyed.code(seed, name, attempt).toLowerCase()),
    );
  });
  await fetchCodes(load, candidates);
}
