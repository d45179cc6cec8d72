/**
 * What this build can do, for reading program files: what a file asks for and is not here is refused by name.
 * Promises: the start and `program check` judge a file alike. Must never: list what is not built.
 */
import type { Kinds } from './config/program-resolving.ts';
import { SINKS } from './delivery/sinks/index.ts';
import { signals } from './fraud/signals/index.ts';
import { DIALECTS } from './http/dialects/index.ts';

export const KINDS: Kinds = {
  signals: new Set(signals.keys()),
  sinks: new Set(['ledger', ...SINKS.keys()]),
  rules: new Set(['signup', 'qualified', 'usage', 'payment', 'rank']),
  dialects: new Set(DIALECTS.keys()),
};
