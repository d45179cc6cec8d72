/** What is asked of the list or service of networks, and when it is asked again. */

/** $1 program, $2 now, $3 until when nobody else asks. */
export const CLAIM = `
  update network_checks c set next_try_at = $3, tries = c.tries + 1
   where c.program_no = $1 and c.ip_hash in (
     select d.ip_hash from network_checks d
      where d.program_no = $1 and d.told_at is null and d.next_try_at <= $2
      order by d.next_try_at limit 100 for update skip locked)
  returning c.ip_hash, c.tries, c.referee_id,
    (select s.key_version from person_secrets s where s.program_no = $1 and s.person_id = c.referee_id) as key_version,
    (select s.ip from person_secrets s where s.program_no = $1 and s.person_id = c.referee_id) as ip`;

export const TRY_LATER = 'update network_checks set next_try_at = $3 where program_no = $1 and ip_hash = $2';

/** $1 program, $2 person. */
export const FORGET_ADDRESS =
  'update person_secrets set ip = null where program_no = $1 and person_id = $2 and ip is not null';
