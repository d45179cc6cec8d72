/** What is asked of a registry, and when it is asked again. */

/** $1 program, $2 now, $3 until when nobody else asks. */
export const CLAIM = `
  update domain_checks c set next_try_at = $3, tries = c.tries + 1
   where c.program_no = $1 and c.domain_hash in (
     select d.domain_hash from domain_checks d
      where d.program_no = $1 and d.told_at is null and d.next_try_at <= $2
      order by d.next_try_at limit 20 for update skip locked)
  returning c.domain_hash, c.tries,
    (select s.key_version from person_secrets s where s.program_no = $1 and s.person_id = c.referee_id) as key_version,
    (select s.email from person_secrets s where s.program_no = $1 and s.person_id = c.referee_id) as email`;

export const TRY_LATER = 'update domain_checks set next_try_at = $3 where program_no = $1 and domain_hash = $2';
