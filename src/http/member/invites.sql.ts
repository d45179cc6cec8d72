/**
 * Who invites, and whom they invited.
 * Promises: one statement each, by the person's own keys. Must never: tell which of the invited the product knew, or who
 * unsubscribed; a mail that was cancelled for that looks like one that was sent.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { conditions, select } from '../query.sql.ts';

export interface InviterRow {
  email_hash: string | null;
  is_suspended: boolean;
  code: string | null;
  is_expired: boolean;
  is_used_up: boolean;
  /** Addresses invited since, and the first of them. */
  invited: number;
  invited_from: Date | null;
}

export async function readInviter(
  knex: Knex,
  programNo: number,
  personId: bigint,
  { now, since }: { readonly now: Date; readonly since: Date },
): Promise<InviterRow | undefined> {
  const text = `
    select p.email_hash, p.suspended_at is not null or c.suspended_at is not null as is_suspended, c.code,
           coalesce(c.expires_at <= ?, false) as is_expired, coalesce(c.uses >= c.max_uses, false) as is_used_up, m.invited, m.invited_from
      from persons p
      left join codes c on c.program_no = p.program_no and c.person_id = p.id and c.kind = 'primary' and c.revoked_at is null
      cross join lateral (
        select count(*)::int as invited, min(m.created_at) as invited_from from mails m
         where m.program_no = p.program_no and m.person_id = p.id and m.kind = 'invitation' and m.created_at > ?) m
     where p.program_no = ? and p.id = ?`;
  return (await select<InviterRow>(knex, text, [now, since, programNo, personId]))[0];
}

export interface InviteRow {
  id: bigint;
  key_version: number;
  recipient: Buffer | null;
  has_failed: boolean;
  has_joined: boolean;
  created_at: Date;
}

/** One row more than the page's limit. Joined: signed up with this member's code, as the member's referrals show. */
export async function listInvites(
  knex: Knex,
  programNo: number,
  personId: bigint,
  page: PageRequest,
): Promise<InviteRow[]> {
  const after = conditions([['(m.created_at, m.id) < (?, ?)', page.after && [page.after.at, page.after.id]]]);
  const text = `
    select m.id, m.key_version, m.recipient, m.state = 'failed' as has_failed, m.created_at,
           exists (select from persons p join referrals r on r.program_no = p.program_no and r.referee_id = p.id
                    where p.program_no = m.program_no and p.email_hash = m.recipient_hash
                      and r.referrer_id = m.person_id and r.status = 'completed') as has_joined
      from mails m where m.program_no = ? and m.person_id = ? and m.kind = 'invitation'${after.text}
     order by m.created_at desc, m.id desc limit ?`;
  return select(knex, text, [programNo, personId, ...after.values, page.limit + 1]);
}
