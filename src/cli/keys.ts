/**
 * `key create`, `key list`, `key revoke`: server keys of a program, with the admin API's own statements.
 * Promises: a key is printed once, when it is made; each change has its row in the audit log, actor `cli`. Must never:
 * make a key that may do more than was asked for; all that a server key can, when nothing was.
 */
import { createKey, listKeys, revokeKey } from '../accounts/keys.sql.ts';
import { KEY_SCOPES, type KeyScope, type ServerKey } from '../accounts/keys.ts';
import { ConfigError } from '../config/env.ts';
import type { Cli } from './command.ts';
import { programNamed } from './programs.ts';

const ACTOR = 'cli';
const NAME_MAX = 100;

export interface NewKeyOptions {
  readonly program: string;
  readonly name: string;
  /** Separated by commas or given one by one; undefined: all. */
  readonly scopes?: readonly string[];
}

export async function makeKey(cli: Cli, options: NewKeyOptions): Promise<void> {
  const scopes = options.scopes ? scopesOf(options.scopes) : KEY_SCOPES;
  const name = options.name.trim();
  if (name === '' || name.length > NAME_MAX) throw new ConfigError(`--name must have 1 to ${NAME_MAX} characters`);
  await cli.withDatabase(async (database) => {
    const { no, name: program } = await programNamed(database, options.program);
    const given = { programNo: no, program, name, scopes, actor: ACTOR, now: await database.now() };
    const { key, stored } = await createKey(database.knex, given);
    cli.output.show({ ...keyJson(stored), key }, (paper) => paper.line(key));
    cli.output.note(`${stored.id} for ${program}, may ${scopes.join(', ')}. The key is shown only this once.`);
  });
}

export async function showKeys(cli: Cli, options: { readonly program: string }): Promise<void> {
  await cli.withDatabase(async (database) => {
    const keys = await listKeys(database.knex, (await programNamed(database, options.program)).no);
    cli.output.show(keys.map(keyJson), (paper) => {
      if (keys.length === 0) paper.line('no keys');
      const head = ['ID', 'NAME', 'BEGINS WITH', 'MAY', 'CREATED', 'LAST USED', 'REVOKED'];
      paper.table(
        head,
        keys.map((key) => [
          key.id,
          key.name,
          key.prefix,
          key.scopes.join(' '),
          key.createdAt,
          key.lastUsedAt,
          key.revokedAt,
        ]),
      );
    });
  });
}

export async function endKey(cli: Cli, id: string, options: { readonly program: string }): Promise<void> {
  await cli.withDatabase(async (database) => {
    const { no } = await programNamed(database, options.program);
    const revoked = await revokeKey(database.knex, { programNo: no, id, actor: ACTOR, now: await database.now() });
    if (!revoked) throw new ConfigError(`program ${options.program} has no key ${id}`);
    cli.output.show(keyJson(revoked), (paper) =>
      paper.line(`${id} is revoked since ${revoked.revokedAt?.toISOString()}`),
    );
  });
}

function scopesOf(given: readonly string[]): KeyScope[] {
  const names = new Set(
    given
      .flatMap((each) => each.split(','))
      .map((each) => each.trim())
      .filter((each) => each !== ''),
  );
  const unknown = [...names].find((name) => !KEY_SCOPES.includes(name as KeyScope));
  if (unknown !== undefined) throw new ConfigError(`--scopes: ${unknown} is none of ${KEY_SCOPES.join(', ')}`);
  if (names.size === 0) throw new ConfigError(`--scopes needs at least one of ${KEY_SCOPES.join(', ')}`);
  return [...names] as KeyScope[];
}

function keyJson(key: ServerKey): object {
  const { id, name, prefix, scopes, createdAt, lastUsedAt, revokedAt } = key;
  return { id, name, prefix, scopes, created_at: createdAt, last_used_at: lastUsedAt, revoked_at: revokedAt };
}
