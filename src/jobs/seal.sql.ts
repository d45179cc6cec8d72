/**
 * The hash chains over the ledger, over decisions (reward_history) and over what admins did (audit_log), computed where
 * these are: a seal is one statement, and its rows never travel.
 * Promises: sealing and verifying hash one and the same text; of what people wrote only its salted hash, so that erasing
 * a person breaks nothing. Must never: change the text of a row below; every seal there is would read as broken.
 *
 * seals.hash is the chain's hash (32 bytes) and behind it, for each row, its id and the first 8 bytes of its own hash.
 * The chain is over the full hashes; what stands behind it only lets a check name the row that differs.
 */

/** Beside the engine's 728345 (program locks) and the database's 728346 (service, migrations). */
const SEAL_LOCKS = 728_347;
/** Of their own: a sealer of decisions must not look like one of the ledger. */
const DECISION_LOCKS = 728_348;

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

export const CHAINS = ['ledger', 'decisions', 'audit'] as const;
export type Chain = (typeof CHAINS)[number];

interface Spec {
  /** The rows of program $1, as t. */
  readonly rows: string;
  /** What orders them: no row comes later with a lower one. */
  readonly id: string;
  readonly leaf: string;
  readonly join: string;
  /** A row that may still get a neighbour with a lower id. */
  readonly unsettled: string;
  /** In front of a seal's own text. The ledger's was there first, and has none. */
  readonly label: string;
  /** The first row behind `after`, up to `to`, with which something is wrong that its leaf does not show. */
  readonly wrong: (after: string, to: string) => string;
}

const micros = (time: string): string => `(extract(epoch from ${time}) * 1000000)::bigint`;
const hashed = (fields: string): string => `sha256(convert_to(jsonb_build_array(${fields})::text, 'UTF8'))`;

const REWARD_ERASED = (reward: string): string => `exists (
  select from rewards r join erasures e on e.program_no = r.program_no and e.person_id in (r.person_id, r.referee_id)
   where r.program_no = t.program_no and r.id = ${reward})`;
/** Somebody with whom a code came along whose member is erased: what was said about them may name it. */
const CAME_BY_ERASED = (person: string): string => `exists (
  select from claims k where k.program_no = t.program_no and k.person_id = ${person} and k.code_key like 'erased.%')`;
const ABOUT_ERASED = (reward: string): string => `(${REWARD_ERASED(reward)} or exists (
  select from rewards r where r.program_no = t.program_no and r.id = ${reward} and ${CAME_BY_ERASED('r.referee_id')}))`;
const numberIn = (prefix: string): string =>
  `case when t.target ~ '^${prefix}_[0-9]{1,18}$' then substring(t.target from 4)::bigint end`;
const TARGET_ERASED = `(exists (
  select from erasures e join person_aliases a on a.program_no = e.program_no and a.person_id = e.person_id
   where e.program_no = t.program_no and a.kind = 'member' and a.value = t.target)
  or exists (select from person_aliases a where a.program_no = t.program_no and a.kind = 'member' and a.value = t.target
      and ${CAME_BY_ERASED('a.person_id')})
  or exists (select from payments p where p.program_no = t.program_no and p.id = ${numberIn('pm')} and ${CAME_BY_ERASED('p.person_id')})
  or ${ABOUT_ERASED(numberIn('rw'))})`;

/** What was written is what was hashed; it may be gone only where somebody was erased. */
const altered = (given: { is: string; hash: string; made: string; erased: string }): string =>
  `case when ${given.is} then ${given.hash} is null or ${given.hash} is distinct from ${given.made}
        when ${given.hash} is not null then not ${given.erased} else false end`;

const SPECS: Readonly<Record<Chain, Spec>> = {
  ledger: {
    rows: 'ledger_transactions t where t.program_no = $1',
    id: 't.id',
    leaf: LEAF,
    join: `cross join lateral (${ENTRIES}) entries`,
    // Whose xid not every transaction under way has passed. An xid in the future of this server can only have been
    // restored from another one, and what is restored is settled: without that, a ledger would wait for years after a
    // dump and restore, whose server counts its xids from the beginning.
    unsettled: `t.xid >= pg_snapshot_xmin(pg_current_snapshot()) and t.xid < pg_snapshot_xmax(pg_current_snapshot())`,
    label: '',
    wrong: (after, to) => `
      select min(e.transaction_id) from ledger_entries e
       where e.program_no = $1 and e.transaction_id > ${after} and e.transaction_id <= ${to}
         and not exists (select from ledger_transactions t where t.program_no = e.program_no and t.id = e.transaction_id)`,
  },
  decisions: {
    rows: 'reward_history t where t.program_no = $1',
    id: 't.id',
    leaf: hashed(
      `t.id, t.reward_id, t.status, t.reason, t.outcome, t.amount, ${micros('t.at')}, t.cause_id, t.actor, encode(t.note_hash, 'hex')`,
    ),
    join: '',
    // Written and numbered under the program's lock only: in the order of the commits.
    unsettled: 'false',
    label: `'decisions', `,
    wrong: (after, to) => `
      select min(t.id) from reward_history t where t.program_no = $1 and t.id > ${after} and t.id <= ${to}
         and ${altered({ is: 't.note is not null', hash: 't.note_hash', made: 'hash_note(t.salt, t.note)', erased: ABOUT_ERASED('t.reward_id') })}`,
  },
  audit: {
    rows: 'audit_log t where $1::int = 0',
    id: 't.no',
    leaf: hashed(
      `t.no, t.id, t.program_no, ${micros('t.at')}, t.actor, t.action, t.target, encode(t.texts_hash, 'hex')`,
    ),
    join: '',
    // Who writes holds the sealer's lock with others (a trigger), and is numbered behind that.
    unsettled: 'false',
    label: `'audit', `,
    wrong: (after, to) => `
      select min(t.no) from audit_log t where $1::int = 0 and t.no > ${after} and t.no <= ${to}
         and ${altered({
           is: '(t.reason is not null or t.before is not null or t.after is not null)',
           hash: 't.texts_hash',
           made: 'hash_texts(t.salt, t.reason, t.before, t.after)',
           erased: TARGET_ERASED,
         })}`,
  },
};

/** $1: program, `seq`, `at` and `previous`: of the seal. From leaves(id, leaf). No row when there are none. */
function sealOf(label: string, given: { seq: string; at: string; previous: string; from: string }): string {
  return `
    select min(l.id) as from_id, max(l.id) as to_id, count(*) as transactions,
      sha256(${given.previous}
        || convert_to(concat_ws('|', ${label}$1::int, ${given.seq}, min(l.id), max(l.id), count(*), ${micros(given.at)}) || E'\\n', 'UTF8')
        || string_agg(l.leaf, ''::bytea order by l.id))
      || string_agg(int8send(l.id) || substring(l.leaf for ${LEAF_BYTES}), ''::bytea order by l.id) as hash
    from (${given.from}) l having count(*) > 0`;
}

/** Seals the next $2 rows at most; $3: now. The range ends before the first row that may still have company. */
const sealNext = (chain: Chain, { rows, id, leaf, join, unsettled, label }: Spec): string => `
  with last as (
    select s.seq, s.to_id, substring(s.hash for ${CHAIN_BYTES}) as hash from seals s
     where s.program_no = $1 and s.chain = '${chain}' order by s.seq desc limit 1),
  next as materialized (
    select t.* from ${rows} and ${id} > coalesce((select to_id from last), 0) order by ${id} limit $2),
  unsettled as (select min(${id}) as id from next t where ${unsettled}),
  leaves as (
    select ${id} as id, ${leaf} as leaf from next t ${join}
     where ${id} < coalesce((select id from unsettled), 9223372036854775807)),
  seal as (
    ${sealOf(label, { seq: 'coalesce((select seq from last), 0) + 1', at: '$3::timestamptz', previous: `coalesce((select hash from last), ${NO_PREVIOUS})`, from: 'select * from leaves' })})
  insert into seals (program_no, chain, seq, from_id, to_id, transactions, previous, hash, sealed_at)
  select $1, '${chain}', coalesce((select seq from last), 0) + 1, from_id, to_id, transactions,
         coalesce((select hash from last), ${NO_PREVIOUS}), hash, $3 from seal
  on conflict (program_no, chain, seq) do nothing
  returning transactions`;

export const SEALED_TO = `select to_id from seals where program_no = $1 and chain = 'ledger' order by seq desc limit 1`;

/** Also a program whose row is gone. */
export const SEALED_PROGRAMS = `
  select n.no, coalesce(g.name, 'program ' || n.no) as name
    from (select no from programs union select distinct program_no from seals where chain <> 'audit') n
    left join programs g on g.no = n.no
   where $1::int is null or n.no = $1 order by n.no`;

const LOWEST = '-9223372036854775808';

const leavesIn = ({ rows, id, leaf, join }: Spec, after: string, to: string): string => `
  select ${id} as id, ${leaf} as leaf from (select t.* from ${rows} and ${id} > ${after} and ${id} <= ${to}) t ${join}`;

/**
 * The seal behind $2, computed again. $3: where the one before it ended (null: there is none; then everything below
 * belongs to it), $4: the hash of that one. `proven`: the chain's hash comes out, so the rows are right; `intact`: so
 * does everything else that the seal says.
 */
const checkNext = (chain: Chain, spec: Spec): string => `
  with stored as (
    select s.* from seals s where s.program_no = $1 and s.chain = '${chain}' and s.seq > $2 order by s.seq limit 1)
  select s.seq, s.from_id, s.to_id, s.transactions, encode(substring(s.hash for ${CHAIN_BYTES}), 'hex') as head,
    s.previous = coalesce(decode($4::text, 'hex'), ${NO_PREVIOUS}) as follows,
    coalesce(made.hash = s.hash and made.from_id = s.from_id and made.to_id = s.to_id and made.transactions = s.transactions, false) as intact,
    coalesce(substring(made.hash for ${CHAIN_BYTES}) = substring(s.hash for ${CHAIN_BYTES}), false) as proven,
    (${spec.wrong(`coalesce($3::bigint, ${LOWEST})`, 's.to_id')}) as wrong_id
  from stored s left join lateral (
    ${sealOf(spec.label, { seq: 's.seq', at: 's.sealed_at', previous: 's.previous', from: leavesIn(spec, `coalesce($3::bigint, ${LOWEST})`, 's.to_id') })}) made on true`;

/** The first row of which seal $2 says other than the table; $3: where the seal before it ended. */
const compare = (chain: Chain, spec: Spec): string => `
  with s as (select * from seals where program_no = $1 and chain = '${chain}' and seq = $2),
  sealed as (
    select ('x' || encode(substring(s.hash from ${CHAIN_BYTES + 1} + ${8 + LEAF_BYTES} * n for 8), 'hex'))::bit(64)::bigint as id,
           substring(s.hash from ${CHAIN_BYTES + 9} + ${8 + LEAF_BYTES} * n for ${LEAF_BYTES}) as leaf
      from s cross join generate_series(0, (length(s.hash) - ${CHAIN_BYTES}) / ${8 + LEAF_BYTES} - 1) n),
  now as (${leavesIn(spec, `coalesce($3::bigint, ${LOWEST})`, '(select max(id) from sealed)')})
  select coalesce(sealed.id, now.id) as id, sealed.id is not null as was, now.id is not null as is
    from sealed full join now on now.id = sealed.id
   where sealed.leaf is distinct from substring(now.leaf for ${LEAF_BYTES}) order by 1 limit 1`;

export interface ChainSql {
  /** $1: program, 0 for the audit. One sealer each; released with the transaction, so it works through a pooler. */
  readonly tryLock: string;
  readonly sealNext: string;
  readonly checkNext: string;
  readonly compare: string;
  /** $1 program, $2 where the last seal ended. */
  readonly countUnsealed: string;
}

const sqlOf = (chain: Chain): ChainSql => {
  const spec = SPECS[chain];
  const locks = chain === 'decisions' ? DECISION_LOCKS : SEAL_LOCKS;
  return {
    tryLock: `select pg_try_advisory_xact_lock(${locks}, $1) as taken`,
    sealNext: sealNext(chain, spec),
    checkNext: checkNext(chain, spec),
    compare: compare(chain, spec),
    countUnsealed: `select count(*) as count from ${spec.rows} and ${spec.id} > $2`,
  };
};

export const SQL: Readonly<Record<Chain, ChainSql>> = {
  ledger: sqlOf('ledger'),
  decisions: sqlOf('decisions'),
  audit: sqlOf('audit'),
};
