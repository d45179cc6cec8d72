/**
 * Everything that is known about one person, for them to have: by their own credential, or by an admin's.
 * Promises: the same document either way; amounts in minor units, times in UTC; of an erased person what the ledger
 * keeps. Must never: tell about somebody else, or which signal looked at them.
 */
import * as z from 'zod';
import { maskEmail } from '../model/email.ts';
import type { LoadedProgram } from '../model/program.ts';
import { aliasKey } from '../model/world.ts';
import { answer } from './answer.ts';
import type { Deps } from './deps.ts';
import * as sql from './export.sql.ts';
import { eventsAbout } from './export-events.ts';
import { amount, time, unit } from './forms.ts';
import { integer } from './input.ts';
import { actingMember } from './member/bearer.ts';
import { Problem } from './problems.ts';
import { programOf, type Route } from './routes.ts';

type Needs = Pick<Deps, 'pools' | 'openSecret' | 'mail' | 'providers'>;

const word = z.string().nullable();
const maybe = time.nullable();
const list = <T extends z.ZodRawShape>(shape: T) => z.array(z.strictObject(shape));

export const personExport = z
  .strictObject({
    program: z.string(),
    member_id: z.string(),
    email: word,
    name: word,
    email_verified: z.boolean().nullable(),
    org_id: word,
    tier: word,
    created_at: time,
    signed_up_at: maybe,
    first_paid_at: maybe,
    erased_at: maybe,
    identifiers: list({ kind: z.string(), value: z.string() }).describe(
      'ids by which the product and providers know them',
    ),
    codes: list({
      code: z.string(),
      kind: z.string(),
      channel: word,
      campaign: word,
      uses: z.int(),
      created_at: time,
      revoked_at: maybe,
    }),
    referred_by: list({ code: z.string(), carrier: z.string(), status: z.string(), created_at: time }),
    referrals: list({ code: z.string(), status: z.string(), created_at: time, qualified_at: maybe }).describe(
      'whom they brought, without saying who',
    ),
    payments: list({
      source: z.string(),
      source_payment_id: z.string(),
      amount: amount.nullable(),
      tax: amount.nullable(),
      currency: word,
      kind: word,
      paid_at: maybe,
      created_at: time,
    }),
    rewards: list({
      id: z.string(),
      rule: z.string(),
      to: z.string(),
      status: z.string(),
      amount,
      reversed_amount: amount,
      forfeited_amount: amount,
      unit,
      created_at: time,
      credited_at: maybe,
      vests_at: maybe,
      expires_at: maybe,
    }),
    ledger: list({
      transaction_id: z.string(),
      kind: z.string(),
      at: time,
      account: z.string(),
      unit,
      amount,
      reward_id: word,
    }),
    balances: list({ account: z.string(), unit, balance: amount }),
    spends: list({ id: z.string(), unit, amount, reason: word, created_at: time, voided_at: maybe }),
    usage: list({ quantity: amount, billable: amount, last_at: time }),
    mails: list({
      kind: z.string(),
      state: z.string(),
      to: word.describe('masked: whom they invited is somebody else'),
      subject: word,
      text: word,
      created_at: time,
      sent_at: maybe,
    }).describe('what was mailed to them and, in their name, to others'),
    keys: list({ name: word, scopes: z.array(z.string()), created_at: time, last_used_at: maybe, revoked_at: maybe }),
    suspensions: list({ reason: word, at: time, lifted_at: maybe }),
    appeals: list({ message: word, state: z.string(), created_at: time, due_at: time, decided_at: maybe }),
    events: list({ source: z.string(), type: z.string(), received_at: time, body: word }).describe(
      'what was told about them, newest first, of the latest 20,000 events and as long as bodies are kept; others’ addresses masked, and no body that names others, too',
    ),
    seen: list({ kind: z.string(), seen_at: time }).describe('addresses, devices and cards, kept as keyed hashes only'),
  })
  .meta({ id: 'PersonExport' });

export async function exportPerson(
  deps: Needs,
  loaded: LoadedProgram,
  memberId: string,
): Promise<z.input<typeof personExport>> {
  const { pools, openSecret, mail } = deps;
  const { no, program } = loaded;
  const profile = await sql.readProfile(pools.knex, no, memberId);
  if (!profile) throw new Problem('unknown_member');
  const { id, ...known } = profile;
  const [sections, secret] = await Promise.all([sql.readSections(pools.knex, no, id), openSecret(no, id)]);
  const aliases = new Set(
    sections.identifiers.map(({ kind, value }) => aliasKey(kind as 'member' | 'customer', value as string)),
  );
  const email = secret?.email ?? null;
  const whole = {
    program: program.program,
    ...known,
    email,
    name: secret?.name ?? null,
    ...sections,
    events: await eventsAbout(deps, loaded, { aliases, email }),
    mails: sections.mails.map(({ key_version: version, recipient, ...mailed }) => ({
      ...mailed,
      to: recipient === null ? null : maskEmail(mail.openAddress(no, version as number, recipient as Buffer)),
    })),
  };
  // Rows as the database has them, in JSON's own terms; the form holds every field of them.
  return personExport.parse(JSON.parse(JSON.stringify(whole, exactly)));
}

const exactly = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? integer(value) : value);

export function ownExportRoutes(deps: Needs & Pick<Deps, 'limits'>): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/me/export',
      credential: 'member:read',
      operation: 'referral.export',
      summary: 'Everything that is known about the member',
      answers: personExport,
      refuses: ['too_many_requests'],
      handle: async (_req, res) => {
        const loaded = programOf(res);
        const { memberId, personId } = actingMember(res);
        await deps.limits.take('exports', loaded.no, String(personId));
        res.setHeader('Cache-Control', 'no-store');
        answer(res, personExport, await exportPerson(deps, loaded, memberId));
      },
    },
  ];
}
