/**
 * Programs and their versions in the database: a version is stored once, by the hash of its file.
 */
export const ENSURE_PROGRAM = `with made as (
    insert into programs (name, created_at) values ($1, $2) on conflict (name) do nothing returning no)
  select no from made union all select no from programs where name = $1 limit 1`;

export const FIND_VERSION = 'select version from program_versions where program_no = $1 and hash = $2';

export const ADD_VERSION = `insert into program_versions (program_no, version, hash, file, created_at)
  select $1, coalesce(max(version), 0) + 1, $2, $3, $4 from program_versions where program_no = $1
  on conflict (program_no, hash) do nothing`;
