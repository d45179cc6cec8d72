/**
 * How codes are named: by their text in any case, and once their member is erased by a keyed hash of it.
 * Promises: an old link still leads to the dead code that it always led to, so the text is never given to anybody else,
 * and nothing that is kept tells what the text was. Must never: make a name that somebody could choose.
 */
import type { Keyed } from './fold.ts';
import type { Code } from './records.ts';
import type { World } from './world.ts';

/** No code that is chosen or made has a full stop in it. */
export const HIDDEN_PREFIX = 'erased.';

/** Texts that differ in case or in the spaces around them are one code. */
export function codeKeyOf(written: string): string {
  return written.trim().toLowerCase();
}

export function isHidden(codeKey: string): boolean {
  return codeKey.startsWith(HIDDEN_PREFIX);
}

/** The keys under which a code with this text may be kept. */
export function keysOfText(keyed: Pick<Keyed, 'hiddenCode'>, written: string): [string, string] {
  const key = codeKeyOf(written);
  return [key, isHidden(key) ? key : keyed.hiddenCode(key)];
}

/** The code with this text, also when its member is erased. */
export function codeNamed(world: World, keyed: Pick<Keyed, 'hiddenCode'>, written: string): Code | undefined {
  const [key, hidden] = keysOfText(keyed, written);
  return world.codes.get(key) ?? world.codes.get(hidden);
}
