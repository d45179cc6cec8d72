/**
 * What is wrong with the input of a run: an SBOM, a checkout, a revision, a component.
 * Promises: a line for each fault, each with the file and the reason; a run that meets one pays nobody. Must never: be
 * thrown after money was posted.
 */
import { ConfigError } from '../config/env.ts';

export class FundFault extends ConfigError {
  override name = 'FundFault';
}

/** All faults at once, so that they are mended in one go. */
export function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new FundFault(faults.join('\n'));
}
