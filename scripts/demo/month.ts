/**
 * A month of all programs side by side, from one seed.
 * Promises: pure and in order of time; each program has a chance of its own, so that none changes another's month. Must
 * never: depend on a clock.
 */
import { buywhere } from './buywhere.ts';
import { claudexia } from './claudexia.ts';
import { hanzo } from './hanzo.ts';
import { kortix } from './kortix.ts';
import { type Chance, chanceOf } from './people.ts';
import { type Play, PROGRAMS, type ProgramName, type Step } from './step.ts';
import type { Tour } from './tour.ts';

/** A step, and the program whose it is. */
export type Turn = Step & { readonly program: ProgramName };

const PLAYS: Readonly<Record<ProgramName, (chance: Chance) => Play>> = { claudexia, hanzo, buywhere, kortix };

export function monthOf(seed: number): {
  readonly turns: readonly Turn[];
  readonly tours: Readonly<Record<ProgramName, Tour>>;
} {
  const plays = PROGRAMS.map((program, index) => ({ program, ...PLAYS[program](chanceOf(seed + index)) }));
  const turns = plays.flatMap(({ program, steps }) => steps.map((step): Turn => ({ ...step, program })));
  const tours = Object.fromEntries(plays.map(({ program, tour }) => [program, tour])) as Record<ProgramName, Tour>;
  return { turns: turns.sort((a, b) => a.at.getTime() - b.at.getTime()), tours };
}
