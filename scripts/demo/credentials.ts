/**
 * A credential for the member whom a tour shows, in a file for the printed commands.
 * Promises: 0600, beside the admin token. Must never: be printed.
 */
import { createSecretKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { SignJWT } from 'jose';
import { bearer, type Front, type Headers, inTheNameOf, memberId } from './front.ts';
import type { ProgramName } from './step.ts';
import type { Tour } from './tour.ts';

export interface Ready {
  readonly headers: Headers;
  readonly file: string;
  /** A server key acts for whom it names. */
  readonly actsFor: string | undefined;
}

/** A demo may be left open for long. */
const TOKEN_LIFE = '30d';

export async function makeReady(
  front: Front,
  program: ProgramName,
  { star, credential }: Tour,
  dataDir: string,
): Promise<Ready> {
  const file = path.join(dataDir, `${program}-${credential}`);
  const { jwtSecret, serverKey } = front.programs[program];
  const keep = (secret: string | undefined): string => {
    if (!secret) throw new Error(`bug: ${program} has no ${credential} for ${star.id}`);
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    return secret;
  };
  switch (credential) {
    case 'server-key':
      keep(serverKey);
      return { headers: inTheNameOf(front, program, star), file, actsFor: memberId(front, star) };
    case 'api-key':
      return { headers: bearer(keep(front.registered.get(star.id)?.apiKey)), file, actsFor: undefined };
    case 'token': {
      const token = jwtSecret && (await tokenFor(memberId(front, star), jwtSecret));
      return { headers: bearer(keep(token)), file, actsFor: undefined };
    }
  }
}

/** As the product signs its members' tokens. */
async function tokenFor(sub: string, secret: string): Promise<string> {
  const token = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(sub).setIssuedAt();
  return await token.setExpirationTime(TOKEN_LIFE).sign(createSecretKey(secret, 'utf8'));
}
