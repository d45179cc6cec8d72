-- The text of an erased member's code goes, too: a keyed hash of it takes its place wherever codes are named.

alter table erasures
  add column codes bytea,
  add column codes_key_version integer,
  add constraint erasures_codes_check check ((codes is null) = (codes_key_version is null) and (done_at is null or codes is null));
comment on column erasures.codes is 'The texts of their codes, encrypted, until every place that may tell them was looked at.';

-- Whoever was erased before keeps no code either: the next sweep finds them.
update erasures set done_at = null;

drop trigger claims_append_only on claims;
create trigger claims_append_only before delete on claims for each row execute function refuse_change();
create trigger claims_hide_only before update on claims for each row
  when ((new.program_no, new.id, new.person_id, new.carrier, new.outcome, new.at, new.cause_id)
      is distinct from (old.program_no, old.id, old.person_id, old.carrier, old.outcome, old.at, old.cause_id)
    or new.code_key !~ '^erased\.' or old.code_key ~ '^erased\.')
  execute function refuse_change();

-- What the application's role may not do by itself, it may do for codes of somebody who is erased, and for no others.
create function hide_codes(of_program integer, shown text[], hidden text[]) returns void
language plpgsql security definer set search_path to '$user', 'public' as $function$
declare
  each record;
begin
  for each in select u.was, u.hidden from unnest(shown, hidden) as u(was, hidden) loop
    if each.hidden !~ '^erased\.[0-9a-f]{24}$' or not exists (
        select from codes c join persons p on p.program_no = c.program_no and p.id = c.person_id
         where c.program_no = of_program and c.code_key = each.was and c.revoked_at is not null and p.erased_at is not null) then
      raise exception 'only the code of somebody who is erased can be hidden' using errcode = 'insufficient_privilege';
    end if;
  end loop;
  update claims t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update reports t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update referrals t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update domain_uses t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update code_aliases t set code_key = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update provider_codes t set code_key = h.hidden, reason = null from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
  update codes t set code_key = h.hidden, code = h.hidden from unnest(shown, hidden) as h(was, hidden) where t.program_no = of_program and t.code_key = h.was;
end $function$;
comment on function hide_codes(integer, text[], text[]) is 'Puts keyed hashes in the place of the texts of codes, wherever the fold reads them; under the program''s lock.';

-- What admins wrote about a suspension is not the application's to change either.
create function hide_words(of_program integer, words text, hidden text) returns void
language plpgsql security definer set search_path to '$user', 'public' as $function$
begin
  if hidden !~ '^erased\.[0-9a-f]{24}$' or not exists (select from codes c where c.program_no = of_program and c.code_key = hidden) then
    raise exception 'only the code of somebody who is erased can be hidden' using errcode = 'insufficient_privilege';
  end if;
  update suspensions t set detail = regexp_replace(t.detail, words, hidden, 'gi'),
      evidence = regexp_replace(t.evidence::text, words, hidden, 'gi')::json
   where t.program_no = of_program and (t.detail ~* words or t.evidence::text ~* words);
  update reports t set message = regexp_replace(t.message, words, hidden, 'gi')
   where t.program_no = of_program and t.message ~* words;
  update appeals t set message = regexp_replace(t.message, words, hidden, 'gi'), note = regexp_replace(t.note, words, hidden, 'gi')
   where t.program_no = of_program and (t.message ~* words or t.note ~* words);
end $function$;
comment on function hide_words(integer, text, text) is 'The same in what was written about suspensions; words: a regular expression for one code''s text.';
