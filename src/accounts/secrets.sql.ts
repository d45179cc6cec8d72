/** A person's sealed address and name. Absent once erased. */
export const READ_SECRET = 'select key_version, email, name from person_secrets where program_no = $1 and person_id = $2';
