/**
 * The hash chain over the ledger, computed where the ledger is: a seal is one statement, and its rows never travel.
 * Promises: sealing and verifying hash one and the same text; only ids and amounts are hashed, so that erasing a person
 * breaks nothing. Must never: change the text of a transaction below; every seal there is would read as broken.
 *
 * seals.hash is the chain's hash (32 bytes) and behind it, for each transaction, its id and the first 8 bytes of its own
 * hash. The chain is over the full hashes; what stands behind it only lets a check name the transaction that differs.
 */

/** Beside the engine's 728345 (program locks) and the database's 728346 (service, migrations). */
const SEAL_LOCKS = 728_347;

/** One sealer a program; released with the transaction, so it works through a pooler. */
export const TRY_SEAL_LOCK = `select pg_try_advisory_xact_lock(${SEAL_LOCKS}, $1) as taken`;

/** A transaction as it is hashed: a line about itself, then one for each entry. */
const LEAF = `sha256(convert_to(concat_ws('|', t.id, t.kind, coalesce(t.reward_id::text, '-'), coalesce(t.cause_id::text, '-'),
    (extract(epoch from t.at) * 1000000)::bigint, entries.count) || entries.lines, 'UTF8'))`;

/** The unit is last: it is the only free text, and the count above says how many lines there are. */
const ENTRIES = `
  select count(*) as count, coalesce(string_agg(E'\\n' || concat_ws('|', e.line, e.person_id, e.account, e.amount, e.unit), '' order by e.line), '') as lines
    from ledger_entries e where e.program_no = t.program_no and e.transaction_id = t.id`;

const NO_PREVIOUS = `decode(repeat('00', 32), 'hex')`;
const CHAIN_BYTES = 32;
const LEAF_BYTES = 8;

/** $1: program, `seq`, `at` and `previous`: of the seal. From leaves(id, leaf). No row when there are none. */
function sealOf(given: { seq: string; at: string; previous: string; from: string }): string {
  const micros = `(extract(epoch from ${given.at}) * 1000000)::bigint`;
  return `
    select min(l.id) as from_id, max(l.id) as to_id, count(*) as transactions,
      sha256(${given.previous}
        || convert_to(concat_ws('|', $1::int, ${given.seq}, min(l.id), max(l.id), count(*), ${micros}) || E'\\n', 'UTF8')
        || string_agg(l.leaf, ''::bytea order by l.id))
      || string_agg(int8send(l.id) || substring(l.leaf for ${LEAF_BYTES}), ''::bytea order by l.id) as hash
    from (${given.from}) l having count(*) > 0`;
}

/**
 * Seals the next $2 transactions at most; $3: now. The range ends before the first transaction that may still have
 * company: one whose xid has not been passed by every transaction under way. An xid in the future of this server can
 * only have been restored from another one, and what is restored is settled: without that, a ledger would wait for
 * years after a dump and restore, whose server counts its xids from the beginning.
 */
export const SEAL_NEXT = `
  with last as (
    select s.seq, s.to_id, substring(s.hash for ${CHAIN_BYTES}) as hash from seals s where s.program_no = $1 order by s.seq desc limit 1),
  next as materialized (
    select t.* from ledger_transactions t
     where t.program_no = $1 and t.id > coalesce((select to_id from last), 0) order by t.id limit $2),
  unsettled as (
    select min(id) as id from next
     where xid >= pg_snapshot_xmin(pg_current_snapshot()) and xid < pg_snapshot_xmax(pg_current_snapshot())),
  leaves as (
    select t.id, ${LEAF} as leaf from next t cross join lateral (${ENTRIES}) entries
     where t.id < coalesce((select id from unsettled), 9223372036854775807)),
  seal as (
    ${sealOf({ seq: 'coalesce((select seq from last), 0) + 1', at: '$3::timestamptz', previous: `coalesce((select hash from last), ${NO_PREVIOUS})`, from: 'select * from leaves' })})
  insert into seals (program_no, seq, from_id, to_id, transactions, previous, hash, sealed_at)
  select $1, coalesce((select seq from last), 0) + 1, from_id, to_id, transactions,
         coalesce((select hash from last), ${NO_PREVIOUS}), hash, $3 from seal
  on conflict (program_no, seq) do nothing
  returning transactions`;

export const SEALED_TO = `select to_id from seals where program_no = $1 order by seq desc limit 1`;

/** Also a program whose row is gone. */
export const SEALED_PROGRAMS = `
  select n.no, coalesce(g.name, 'program ' || n.no) as name
    from (select no from programs union select distinct program_no from seals) n left join programs g on g.no = n.no
   where $1::int is null or n.no = $1 order by n.no`;

const leavesIn = (after: string, to: string): string => `
  select t.id, ${LEAF} as leaf from ledger_transactions t cross join lateral (${ENTRIES}) entries
   where t.program_no = $1 and t.id > ${after} and t.id <= ${to}`;

/**
 * The seal behind $2, computed again from the ledger. $3: where the one before it ended (null: there is none; then
 * everything below belongs to it), $4: the hash of that one. `proven`: the chain's hash comes out, so the ledger is
 * right; `intact`: so does everything else that the row says.
 */
export const CHECK_NEXT = `
  with stored as (
    select s.* from seals s where s.program_no = $1 and s.seq > $2 order by s.seq limit 1)
  select s.seq, s.from_id, s.to_id, s.transactions, encode(substring(s.hash for ${CHAIN_BYTES}), 'hex') as head,
    s.previous = coalesce(decode($4::text, 'hex'), ${NO_PREVIOUS}) as follows,
    coalesce(made.hash = s.hash and made.from_id = s.from_id and made.to_id = s.to_id and made.transactions = s.transactions, false) as intact,
    coalesce(substring(made.hash for ${CHAIN_BYTES}) = substring(s.hash for ${CHAIN_BYTES}), false) as proven,
    (select min(e.transaction_id) from ledger_entries e
      where e.program_no = $1 and e.transaction_id > coalesce($3::bigint, -9223372036854775808) and e.transaction_id <= s.to_id
        and not exists (select from ledger_transactions t where t.program_no = e.program_no and t.id = e.transaction_id)) as orphan_id
  from stored s left join lateral (
    ${sealOf({ seq: 's.seq', at: 's.sealed_at', previous: 's.previous', from: leavesIn('coalesce($3::bigint, -9223372036854775808)', 's.to_id') })}) made on true`;

/** The first transaction of which seal $2 says other than the ledger; $3: where the seal before it ended. */
export const COMPARE = `
  with s as (select * from seals where program_no = $1 and seq = $2),
  sealed as (
    select ('x' || encode(substring(s.hash from ${CHAIN_BYTES + 1} + ${8 + LEAF_BYTES} * n for 8), 'hex'))::bit(64)::bigint as id,
           substring(s.hash from ${CHAIN_BYTES + 9} + ${8 + LEAF_BYTES} * n for ${LEAF_BYTES}) as leaf
      from s cross join generate_series(0, (length(s.hash) - ${CHAIN_BYTES}) / ${8 + LEAF_BYTES} - 1) n),
  now as (${leavesIn('coalesce($3::bigint, -9223372036854775808)', '(select max(id) from sealed)')})
  select coalesce(sealed.id, now.id) as id, sealed.id is not null as was, now.id is not null as is
    from sealed full join now on now.id = sealed.id
   where sealed.leaf is distinct from substring(now.leaf for ${LEAF_BYTES}) order by 1 limit 1`;

export const COUNT_UNSEALED = `select count(*) as count from ledger_transactions where program_no = $1 and id > $2`;
