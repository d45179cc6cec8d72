/**
 * What an admin may set on one code: how often it may be used, until when, and whether at all.
 * Promises: what was attributed by it before stays. Must never: let a code stand that its member's suspension ended.
 */
import { codeNamed } from '../model/code-names.ts';
import { type Command, type CommandOutcome, DONE, refuse } from '../model/commands.ts';
import type { FoldContext } from '../model/fold.ts';
import type { World } from '../model/world.ts';

type PatchCode = Extract<Command, { command: 'code.patch' }>;

export function patchCode(world: World, ctx: FoldContext, command: PatchCode): CommandOutcome {
  const code = codeNamed(world, ctx.keyed, command.code);
  if (!code) return refuse('unknown_code');
  const { maxUses = code.maxUses, suspended = code.suspendedAt !== null, expiresAt } = command;
  if (maxUses !== null && maxUses < code.uses) return refuse('fewer_than_uses');
  if (command.suspended === false && world.persons.get(code.personId)?.suspendedAt) return refuse('member_suspended');
  world.codes.put({
    ...code,
    maxUses,
    expiresAt: expiresAt === undefined ? code.expiresAt : expiresAt === null ? null : new Date(expiresAt),
    suspendedAt: suspended ? (code.suspendedAt ?? ctx.now) : null,
  });
  return DONE;
}

/** In the audit log it is its member's business: an erasure blanks what the log shows, and never a target. */
export function ownerOfCode(world: World, { keyed }: FoldContext, written: string): string {
  const code = codeNamed(world, keyed, written);
  return (code && world.persons.get(code.personId)?.memberId) ?? '';
}

/** As the audit log shows it. */
export function shownCode(world: World, { keyed }: FoldContext, written: string): Record<string, unknown> | null {
  const code = codeNamed(world, keyed, written);
  return code
    ? { code: code.code, max_uses: code.maxUses, expires_at: code.expiresAt, suspended_at: code.suspendedAt }
    : null;
}
