/**
 * A member's referral codes: the one primary code, and sub-codes for links.
 * Promises: a code belongs to one person for ever, dead, alive or erased, so an old link never brings somebody else a
 * reward.
 * Must never: give out a code that is taken, in whatever case it is written.
 */
import { codeNamed } from '../model/code-names.ts';
import type { FoldContext } from '../model/fold.ts';
import type { Code, Person } from '../model/records.ts';
import type { World } from '../model/world.ts';

export function primaryCode(world: World, personId: bigint): Code | undefined {
  return world.codes.by('person', personId).find((code) => code.kind === 'primary' && !code.revokedAt);
}

/** Codes derive from the member id, so a replay gives the same; load-world has fetched the first candidates. */
export function freeCode(world: World, ctx: FoldContext, seed: string, name: string | undefined): string {
  let attempt = 1;
  let code = ctx.keyed.code(seed, name, attempt);
  while (codeNamed(world, ctx.keyed, code)) code = ctx.keyed.code(seed, name, ++attempt);
  return code;
}

export interface NewCode {
  readonly code: string;
  readonly kind: Code['kind'];
  readonly channel?: string | null;
  readonly campaign?: string | null;
}

export function putCode(world: World, ctx: FoldContext, person: Person, made: NewCode): Code {
  const record: Code = {
    codeKey: made.code.toLowerCase(),
    code: made.code,
    personId: person.id,
    kind: made.kind,
    channel: made.channel ?? null,
    campaign: made.campaign ?? null,
    createdAt: ctx.now,
    revokedAt: null,
    suspendedAt: person.suspendedAt,
    expiresAt: null,
    maxUses: ctx.loaded.program.code.maxUses ?? null,
    uses: 0,
  };
  world.codes.put(record);
  return record;
}

/** How many codes a person has had: the seed of the next one, so that a refresh gives another. */
export function nextSeed(world: World, person: Person): string {
  return `${person.memberId}\n${world.codes.by('person', person.id).length}`;
}

/** For a further code like the ones before: `ALICE` of ALICE2024. The name itself is sealed. */
export function nextName(world: World, ctx: FoldContext, person: Person): string | undefined {
  if (ctx.loaded.program.code.from !== 'name') return undefined;
  const own = world.codes.by('person', person.id).filter((code) => code.kind === 'primary');
  return own.map(({ code }) => /^([A-Z]{2,12})\d{4}$/.exec(code)?.[1]).find((name) => name !== undefined);
}

/** The primary code dies; its sub-codes live on. */
export function revokePrimary(world: World, ctx: FoldContext, person: Person): Code | undefined {
  const code = primaryCode(world, person.id);
  if (code) world.codes.put({ ...code, revokedAt: ctx.now });
  return code;
}
