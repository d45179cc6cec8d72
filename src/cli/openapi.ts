/**
 * `openapi`: the document as the service serves it, without a service or a database.
 */
import type { Env } from '../config/env.ts';
import type { Version } from '../http/openapi/model.ts';
import { documentOffline } from '../http/openapi/offline.ts';

/** Always JSON: that is what it is. */
export function printDocument(
  { publicUrl }: Pick<Env, 'publicUrl'>,
  version: Version,
  write: (text: string) => void,
): void {
  write(`${JSON.stringify(documentOffline({ server: publicUrl, version }), null, 2)}\n`);
}
