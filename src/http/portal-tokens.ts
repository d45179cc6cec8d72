/**
 * The tokens of the portal: in a link that signs in, and in the cookie of a session.
 * Promises: sealed with the deployment's secret, each for one program, one purpose and a short time by the real clock.
 * Must never: be taken for another purpose, or say anything to whoever reads it.
 */
import * as z from 'zod';
import type { Vault } from './deps.ts';

const PURPOSES = ['link', 'session'] as const;
const content = z.object({
  use: z.enum(PURPOSES),
  program: z.int(),
  member: z.string(),
  org: z.string().nullable(),
  until: z.int(),
});

export interface Bearer {
  readonly memberId: string;
  readonly orgId: string | null;
}

interface About {
  readonly use: (typeof PURPOSES)[number];
  readonly programNo: number;
}

export function writePortalToken(
  vault: Vault,
  { use, programNo }: About,
  { memberId, orgId }: Bearer,
  until: Date,
): string {
  const given: z.input<typeof content> = {
    use,
    program: programNo,
    member: memberId,
    org: orgId,
    until: until.getTime(),
  };
  const { version, sealed } = vault.seal(JSON.stringify(given));
  return `${version}.${sealed.toString('base64url')}`;
}

/** undefined: not a token for this, or its time is over. */
export function readPortalToken(vault: Vault, about: About, token: string, now: Date): Bearer | undefined {
  const [, version, sealed] = /^(\d{1,9})\.([\w-]{16,2000})$/.exec(token) ?? [];
  if (version === undefined || sealed === undefined) return undefined;
  let text: string;
  try {
    text = vault.open(Number(version), Buffer.from(sealed, 'base64url'));
  } catch {
    return undefined;
  }
  const { use, program, member, org, until } = content.parse(JSON.parse(text));
  const isRight = use === about.use && program === about.programNo && until > now.getTime();
  return isRight ? { memberId: member, orgId: org } : undefined;
}
