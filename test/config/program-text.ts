// A program file as small as one can be, and how tests change and read it.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so program files are written
import { expect } from 'vitest';
import { readProgram } from '../../src/config/program-file.ts';
import { ProgramError } from '../../src/config/program-problems.ts';
import type { Kinds } from '../../src/config/program-resolving.ts';
import type { Program } from '../../src/model/program.ts';
import { PROVIDERS } from '../../src/providers/index.ts';

/** Every signal of the vocabulary counts as built, unless a test says otherwise. */
export const KINDS: Kinds = { signals: { has: () => true, keys: () => [] } };

export const STANDARD_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export const SMALLEST = `program: acme
name: Acme
product: { home_url: https://acme.test/, signup_url: https://acme.test/signup, support_email: help@acme.test }
unit: { kind: money, currency: usd }
sources:
  app: { kind: standard, secret: "\${APP_SECRET}" }
rewards:
  share: { to: referrer, when: payment, share: "5%" }
`;

/** SMALLEST with the line of a key replaced, or with one more line, which is the ninth. */
export function withLine(key: string, line: string): string {
  const lines = SMALLEST.trimEnd().split('\n');
  const index = lines.findIndex((text) => text.trim().startsWith(`${key}:`));
  if (index === -1) lines.push(line);
  else lines[index] = line;
  return `${lines.join('\n')}\n`;
}

export type Given = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly kinds?: Kinds;
};

export function read(text: string, given: Given = {}) {
  const env = { APP_SECRET: STANDARD_SECRET, ...given.env };
  return readProgram(text, { fileName: 'acme.yaml', env, providers: PROVIDERS, kinds: given.kinds ?? KINDS });
}

export function parse(text: string, given: Given = {}): Program {
  return read(text, given).program;
}

/** The lines of the refusal; none when the file is accepted. */
export function problemsOf(text: string, given: Given = {}): readonly string[] {
  try {
    read(text, given);
    return [];
  } catch (error) {
    if (error instanceof ProgramError) return error.problems;
    throw error;
  }
}

/** What is refused · the key whose line is replaced, or that is added · the new line · the refusal. */
export type Case = readonly [outcome: string, key: string, line: string, refusal: string];

export function expectOnly(text: string, refusal: string): void {
  const [only, ...more] = problemsOf(text);
  expect(only).toContain(refusal);
  expect(more).toEqual([]);
}
