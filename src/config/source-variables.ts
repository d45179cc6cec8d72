/**
 * Which variables of the environment a program's sources take their signing secrets from; pure.
 * Must never: show a value; a file that holds a secret itself names no variable.
 */
import { parse } from 'yaml';

/** By source; `secrets: ["${ACME_STRIPE_SECRET}"]` names ACME_STRIPE_SECRET. */
export function secretVariables(file: string): ReadonlyMap<string, readonly string[]> {
  const { sources } = (parse(file) ?? {}) as { sources?: Readonly<Record<string, unknown>> };
  return new Map(
    Object.entries(sources ?? {}).map(([name, source]) => {
      const { secret, secrets } = (source ?? {}) as { secret?: unknown; secrets?: unknown };
      const given = JSON.stringify([secret, secrets]);
      return [name, Array.from(given.matchAll(/\$\{(\w+)\}/g), ([, variable]) => variable ?? '')];
    }),
  );
}
