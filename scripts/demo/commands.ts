/**
 * Commands to paste into a shell while the demo stays open.
 * Promises: secrets are read from their files when the command runs. Must never: hold one.
 */
import type { Ready } from './credentials.ts';
import type { ProgramName } from './step.ts';
import type { Request } from './tour.ts';

export interface Commands {
  /** With a body, a POST. */
  admin(path: string, body?: object): string;
  request(request: Request): string;
}

interface Scene {
  readonly front: { readonly url: string };
  readonly program: ProgramName;
  /** undefined: the token is the operator's own, in ADMIN_TOKEN. */
  readonly adminTokenFile: string | undefined;
  readonly ready: Ready;
  /** The star's referral code. */
  readonly code: string;
}

export function commandsFor({ front, program, adminTokenFile, ready, code }: Scene): Commands {
  const adminToken = adminTokenFile ? contentOf(adminTokenFile) : '$ADMIN_TOKEN';
  const admin = (path: string, body?: object) =>
    curl([`"Authorization: Bearer ${adminToken}"`], `${front.url}/admin/v1${path}`, body);
  const actsFor = ready.actsFor === undefined ? [] : [`'Plusone-Member: ${ready.actsFor}'`];
  const own = [`"Authorization: Bearer ${contentOf(ready.file)}"`, ...actsFor];
  return {
    admin,
    request: ({ path, body, isAdmin }) => {
      const at = path.replace('{code}', code);
      if (isAdmin) return admin(at, body);
      const filled = body && (JSON.parse(JSON.stringify(body).replace('{code}', code)) as object);
      return curl(own, `${front.url}/p/${program}${at}`, filled);
    },
  };
}

const contentOf = (file: string): string => `$(cat '${file}')`;

function curl(headers: readonly string[], url: string, body: object | undefined): string {
  const sent = body ? [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body)}'`] : [];
  return ['  curl -s', ...headers.map((header) => `-H ${header}`), ...sent, `'${url}'`].join(' ');
}
