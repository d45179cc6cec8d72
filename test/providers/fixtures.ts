/**
 * Reads the recorded bodies of test/providers/<kind>/: `<event type>__<variant>.json` and, beside it, what it must
 * become (`.expected.json`): facts with amounts as "123n", or why it is ignored or parked.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NotUnderstood } from '../../src/model/facts.ts';
import type { Provider, SourceConfig } from '../../src/model/provider.ts';

export interface Fixture {
  readonly name: string;
  /** The event type, by the file's name. */
  readonly type: string;
  readonly raw: Buffer;
  readonly expected: unknown;
  /** What the program file says otherwise than the provider's defaults, from `source` in the expected file. */
  readonly source: Partial<SourceConfig>;
}

const here = import.meta.dirname;

export function fixturesOf(kind: string): Fixture[] {
  const folder = path.join(here, kind);
  const bodies = readdirSync(folder).filter((file) => file.endsWith('.json') && !file.endsWith('.expected.json'));
  return bodies.sort().map((file) => {
    const name = file.slice(0, -'.json'.length);
    const golden = path.join(folder, `${name}.expected.json`);
    const { source = {}, ...expected } = existsSync(golden) ? JSON.parse(readFileSync(golden, 'utf8')) : {};
    return { name, type: name.split('__')[0] ?? '', raw: readFileSync(path.join(folder, file)), expected, source };
  });
}

export function sourceOf(
  provider: Provider,
  secrets: readonly string[],
  otherwise: Partial<SourceConfig> = {},
): SourceConfig {
  return { name: 'shop', kind: provider.kind, secrets, ...provider.defaults, ...otherwise };
}

/** What a body becomes, as the expected file writes it. */
export function outcomeOf(
  provider: Provider,
  body: unknown,
  event: { type: string; eventId: string },
  source: SourceConfig,
): unknown {
  try {
    return plain(provider.normalize(body, event, source));
  } catch (error) {
    if (error instanceof NotUnderstood) return { parked: error.message };
    throw error;
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part)));
}
