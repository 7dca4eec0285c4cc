-- Run by the owner of Entas's tables (entas_pipeline where the roles exist). May run again at any time.

-- What nobody was given belongs to nobody else: functions and types are PUBLIC's unless told otherwise.
alter default privileges revoke all on functions from public;
alter default privileges revoke all on types from public;

-- What is there already. Only what is ours: somebody may have left a table of his own in one of these schemas.
do $$
declare
    statement text;
begin
    for statement in
        select format('revoke all on schema %I from public', n.nspname)
        from pg_namespace as n
        where n.nspowner = current_user::regrole
        union all
        select format('revoke all on %s %s from public', case c.relkind when 'S' then 'sequence' else '' end, c.oid::regclass)
        from pg_class as c
        where c.relowner = current_user::regrole and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and c.relnamespace in (select n.oid from pg_namespace as n where n.nspowner = current_user::regrole)
        union all
        select format('revoke all on routine %s from public', p.oid::regprocedure)
        from pg_proc as p
        where p.proowner = current_user::regrole
        and p.pronamespace in (select n.oid from pg_namespace as n where n.nspowner = current_user::regrole)
    loop
        execute statement;
    end loop;
end $$;

-- Which villages a login may see families of. These two alone decide; every policy asks them. They run with the
-- owner's rights because a reader must not read the list of stewards.
create or replace function identity.sees_regency() returns boolean
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
return exists (
    select from identity.steward where role_name = session_user and district_code is null
);
comment on function identity.sees_regency is 'Whether this login is a steward of the whole regency.';

create or replace function identity.my_villages() returns text[]
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
return array(
    select v.village_code
    from reference.village as v
    where
        identity.sees_regency()
        or exists (
            select from identity.steward as s where s.role_name = session_user and s.district_code = v.district_code
        )
);
comment on function identity.my_villages is 'Codes of the villages whose families this login may look up.';

-- For marts of families without a village. Not SECURITY DEFINER: the policy on the mart it reads is what limits it.
-- plpgsql, so that nothing depends on that table, which dbt drops and makes again.
create or replace function identity.my_households() returns setof text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return query select distinct f.household_id from marts.fct_household_status_monthly as f;
end $$;
comment on function identity.my_households is 'Families that the reader''s policy on fct_household_status_monthly shows.';

-- Called by dbt after each mart (dbt_project/macros/hooks.sql).
create or replace function identity.let_readers_read(mart regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    kind "char";
    has_policies boolean;
    of_families boolean;
    has_village boolean;
    has_previous boolean;
    mine text;
begin
    -- A borrowed account works without the roles, also where another database of the server has made them.
    if current_user <> 'entas_pipeline' then
        return;
    end if;
    -- Two models that finish together must not change the rights of their schema at the same time.
    perform pg_advisory_xact_lock(hashtext('entas.marts.grants'));
    select
        c.relkind,
        exists (select from pg_policy as p where p.polrelid = c.oid),
        exists (select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'household_id'),
        exists (select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'village_code'),
        exists (select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'previous_village_code')
    into strict kind, has_policies, of_families, has_village, has_previous
    from pg_class as c
    where c.oid = mart;
    execute format('grant select on %s to entas_analyst', mart);
    -- A view shows what its owner may see, so no policy would limit a steward in one about families.
    if of_families and kind not in ('r', 'p') then
        execute format('revoke all on %s from entas_steward', mart);
        return;
    end if;
    if of_families and not has_policies then
        mine := case
            when has_village and has_previous
                -- A family that moved away is in the exits of the district it left.
                then 'village_code = any ((select identity.my_villages())::text[])'
                    ' or previous_village_code = any ((select identity.my_villages())::text[])'
            when has_village
                then 'village_code = any ((select identity.my_villages())::text[])'
            else 'household_id in (select identity.my_households())'
        end;
        execute format('alter table %s enable row level security', mart);
        -- Grants say who reads, as everywhere; the restrictive policy takes rows away from stewards alone.
        execute format('create policy granted on %s for select to public using (true)', mart);
        execute format(
            'create policy district on %s as restrictive for select to entas_steward'
            ' using ((select identity.sees_regency()) or %s)',
            mart, mine
        );
    end if;
    execute format('grant select on %s to entas_steward', mart);
end $$;
comment on function identity.let_readers_read is
    'Lets analysts read a mart, and stewards the rows of their districts where it is about families.';
