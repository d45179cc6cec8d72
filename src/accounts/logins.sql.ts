/**
 * All SQL on logins of members who signed up here.
 * Promises: one address, one login, whoever is quicker; a signup that broke off half-way can be taken up again after a
 * minute, and nobody else's can. Must never: read a password hash where nothing is compared.
 */
import type { Knex } from 'knex';

export interface NewLogin {
  readonly programNo: number;
  readonly emailHash: string;
  readonly memberId: string;
  readonly password: string;
  readonly now: Date;
}

async function run<Row>(knex: Knex, text: string, values: readonly unknown[]): Promise<Row[]> {
  return (await knex.raw(text, values as Knex.RawBinding[])).rows;
}

/**
 * The member id under which the signup goes on: the given one, or that of the signup that broke off; undefined: the
 * address has its login. The minute goes by the database's own clock, for it is about processes that died.
 */
export async function claimLogin(knex: Knex, given: NewLogin): Promise<string | undefined> {
  const text = `
    insert into logins as l (program_no, email_hash, member_id, password, created_at) values (?, ?, ?, ?, ?)
    on conflict (program_no, email_hash) do update set password = excluded.password, claimed_at = clock_timestamp()
      where l.person_id is null and l.claimed_at < clock_timestamp() - interval '1 minute'
    returning l.member_id`;
  const { programNo, emailHash, memberId, password, now } = given;
  const [row] = await run<{ member_id: string }>(knex, text, [programNo, emailHash, memberId, password, now]);
  return row?.member_id;
}

export async function finishLogin(knex: Knex, programNo: number, memberId: string, personId: bigint): Promise<void> {
  const text = 'update logins set person_id = ? where program_no = ? and member_id = ?';
  await run(knex, text, [personId, programNo, memberId]);
}

/** Whom the product told with an address that matches, apart from a signup here that broke off. */
export async function findAddressees(
  knex: Knex,
  programNo: number,
  given: { readonly matchHash: string; readonly emailHash: string },
): Promise<bigint[]> {
  const text = `
    select p.id from persons p
     where p.program_no = ? and p.email_hash = ? and p.merged_into is null and p.deleted_at is null
       and not exists (select from logins l where l.program_no = p.program_no and l.email_hash = ?
         and l.member_id = p.member_id and l.person_id is null)
     order by p.id limit 100`;
  const rows = await run<{ id: bigint }>(knex, text, [programNo, given.matchHash, given.emailHash]);
  return rows.map((row) => row.id);
}
