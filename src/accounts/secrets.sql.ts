/** A person's sealed address and name. Absent once erased. */
export const READ_SECRET =
  'select key_version, email, name from person_secrets where program_no = $1 and person_id = $2';

/** The same of many: a page of people is opened with one statement. */
export const READ_SECRETS =
  'select person_id, key_version, email, name from person_secrets where program_no = $1 and person_id = any($2::bigint[])';
