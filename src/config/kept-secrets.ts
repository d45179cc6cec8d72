/**
 * Secrets of sources that lie in DATA_DIR, because nobody has set them in the environment: an owner may put the
 * provider's in their place.
 * Promises: what was written is whole, and the programs run with it when `replace` resolves.
 * Must never: touch what the environment gives, or say what a secret is.
 */
import type { Variables } from './program-env.ts';
import { keepsSecret, replaceSecret } from './program-examples.ts';
import { ProgramError } from './program-problems.ts';

export interface KeptSecrets {
  /** Whether the variable's value lies here, and not in the environment. */
  keeps(variable: string): boolean;
  /** Why the programs could not run with it, or undefined. */
  refusal(variable: string, secret: string): string | undefined;
  replace(variable: string, secret: string): Promise<void>;
}

export interface KeptSecretsOptions {
  readonly env: Variables;
  /** DATA_DIR, where secrets are made; undefined: all of them come from the environment. */
  readonly dataDir: string | undefined;
  /** Reads the programs with other variables; throws ProgramError. */
  readonly check: (env: Variables) => unknown;
  readonly reload: () => Promise<unknown>;
}

export function keepSecrets({ env, dataDir, check, reload }: KeptSecretsOptions): KeptSecrets {
  const keeps = (variable: string): boolean =>
    dataDir !== undefined && !env[variable]?.trim() && keepsSecret(dataDir, variable);
  return {
    keeps,
    refusal: (variable, secret) => {
      try {
        check({ ...env, [variable]: secret });
        return undefined;
      } catch (error) {
        if (error instanceof ProgramError) return error.message;
        throw error;
      }
    },
    replace: async (variable, secret) => {
      if (dataDir === undefined || !keeps(variable)) throw new Error(`bug: ${variable} is not kept here`);
      replaceSecret(dataDir, variable, secret);
      await reload();
    },
  };
}
