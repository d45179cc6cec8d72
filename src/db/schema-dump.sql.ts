// The catalog queries behind the schema dump, each giving rows that are printed in the order they come in. Names are
// sorted by bytes, so that no server's collation shows; what the job queue or an extension owns is left out.

const OURS = `namespace.nspname = 'public'
  and not exists (select 1 from pg_depend dependency where dependency.deptype = 'e' and dependency.objid = %)`;

function ours(oid: string): string {
  return OURS.replace('%', oid);
}

export const SEQUENCES = `
  select class.relname as name, format_type(sequence.seqtypid, null) as type,
         sequence.seqstart as start, sequence.seqincrement as increment
    from pg_sequence sequence
    join pg_class class on class.oid = sequence.seqrelid
    join pg_namespace namespace on namespace.oid = class.relnamespace
   where ${ours('class.oid')}
     and not exists (
       select 1 from pg_depend owned where owned.objid = class.oid and owned.deptype in ('a', 'i'))
     and class.relname not like 'schema\\_migrations%'
   order by class.relname collate "C"`;

export const TYPES = `
  select type.typname as name, type.typtype as kind, pg_get_constraintdef(bound.oid) as bound,
         format_type(nullif(type.typbasetype, 0), type.typtypmod) as base,
         (select array_agg(label.enumlabel::text order by label.enumsortorder)
            from pg_enum label where label.enumtypid = type.oid) as labels
    from pg_type type
    join pg_namespace namespace on namespace.oid = type.typnamespace
    left join pg_constraint bound on bound.contypid = type.oid and bound.contype = 'c'
   where ${ours('type.oid')} and type.typtype in ('d', 'e')
   order by type.typname collate "C", bound.conname collate "C"`;

export const TABLES = `
  select class.oid::text as oid, class.relname as name, class.relkind::text as kind,
         pg_get_partkeydef(class.oid) as partitioned_by,
         pg_get_expr(class.relpartbound, class.oid) as partition_bound,
         (select parent.inhparent::regclass::text from pg_inherits parent where parent.inhrelid = class.oid) as parent,
         array_to_string(class.reloptions, ', ') as options, class.relrowsecurity as row_security,
         case when class.relkind in ('v', 'm') then pg_get_viewdef(class.oid) end as view,
         obj_description(class.oid, 'pg_class') as comment
    from pg_class class join pg_namespace namespace on namespace.oid = class.relnamespace
   where ${ours('class.oid')} and class.relkind in ('r', 'p', 'v', 'm')
     and class.relname not like 'schema\\_migrations%'
   order by class.relname collate "C"`;

/** $1: a table's oid, here and below. */
export const COLUMNS = `
  select attribute.attname as name, format_type(attribute.atttypid, attribute.atttypmod) as type,
         attribute.attnotnull as not_null, attribute.attidentity::text as identity, attribute.attgenerated::text as generated,
         pg_get_expr(value.adbin, value.adrelid) as value,
         case when attribute.attcollation <> type.typcollation then attribute.attcollation::regcollation::text end as collation,
         case when attribute.attstorage <> type.typstorage then attribute.attstorage::text end as storage,
         col_description(attribute.attrelid, attribute.attnum) as comment
    from pg_attribute attribute
    join pg_type type on type.oid = attribute.atttypid
    left join pg_attrdef value on value.adrelid = attribute.attrelid and value.adnum = attribute.attnum
   where attribute.attrelid = $1 and attribute.attnum > 0 and not attribute.attisdropped
   order by attribute.attnum`;

/** 'n' (not null) became a constraint in PostgreSQL 18; 't' shows as a trigger. */
export const CONSTRAINTS = `
  select conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where conrelid = $1 and contype not in ('n', 't')
   order by conname collate "C"`;

export const INDEXES = `
  select pg_get_indexdef(index.indexrelid) as definition
    from pg_index index join pg_class class on class.oid = index.indexrelid
   where index.indrelid = $1
     and not exists (select 1 from pg_constraint where conindid = index.indexrelid and contype in ('p', 'u', 'x'))
   order by class.relname collate "C"`;

export const TRIGGERS = `
  select pg_get_triggerdef(oid) as definition, tgenabled::text as enabled
    from pg_trigger where tgrelid = $1 and not tgisinternal order by tgname collate "C"`;

export const POLICIES = `
  select polname as name, pg_get_expr(polqual, polrelid) as visible, pg_get_expr(polwithcheck, polrelid) as writable
    from pg_policy where polrelid = $1 order by polname collate "C"`;

export const FUNCTIONS = `
  select pg_get_functiondef(proc.oid) as definition
    from pg_proc proc join pg_namespace namespace on namespace.oid = proc.pronamespace
   where ${ours('proc.oid')} and proc.prokind in ('f', 'p')
   order by proc.proname collate "C", pg_get_function_identity_arguments(proc.oid) collate "C"`;
