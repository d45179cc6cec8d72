/**
 * The document without a service: for the command line, the client's generator, and tests.
 * Promises: the same tables as the service mounts. Must never: have a handler of theirs called.
 */
import { allRoutes } from '../app.ts';
import type { Deps } from '../deps.ts';
import type { Metrics } from '../metrics.ts';
import { type DocumentOptions, describe } from './document.ts';
import type { Document } from './model.ts';

/** Whatever is asked of it is itself: tables may look at what their handlers will be given, and use nothing of it. */
const nothing: unknown = new Proxy(() => nothing, { get: () => nothing, apply: () => nothing });

export function documentOffline(options: DocumentOptions): Document {
  return describe(Object.values(allRoutes(nothing as Deps, nothing as Metrics)), options);
}
