/**
 * The fund's keys, out of the deployment's secret.
 * Promises: an address is hashed by the oldest version and sealed by the newest, as all personal data here. Must never:
 * share a hash with the members': who commits is not thereby told to be a member.
 */
import { type DerivedKeys, keyedFor, seal, unseal } from '../accounts/keyed.ts';
import type { Keyed } from '../model/fold.ts';
import type { LoadedProgram } from '../model/program.ts';
import type { ContributorPorts } from './contributors.ts';

export function fundKeys(keys: DerivedKeys): ContributorPorts['keys'] {
  const oldest = Math.min(...keys.versions);
  const keyed = new Map<string, Keyed>();
  const keyedOf = ({ program }: LoadedProgram): Keyed => {
    const made = keyed.get(program.program) ?? keyedFor(keys, program);
    keyed.set(program.program, made);
    return made;
  };
  return {
    version: keys.current,
    hash: (loaded, address) => keyedOf(loaded).hash('contributor', address),
    seal: (programNo, text) => seal(keys, programNo, text),
    unseal: (programNo, version, sealed) => unseal(keys, programNo, version, sealed),
    reportKey: ({ program }) => keys.deriveKey(`fund-report/${program.program}`, oldest),
    challengeKey: ({ program }) => keys.deriveKey(`contributor/${program.program}`, oldest),
  };
}
