-- Run by entas_pipeline where the roles of readers exist. May run again at any time.

-- Readers have nothing but what follows, whatever they were given before. Marts that dbt opened to them are opened
-- again, under the policies of today; a table that somebody made beside these by hand is not.
do $$
declare
    opened regclass[] := array(
        select c.oid
        from pg_class as c
        where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'p', 'v')
        and c.relowner = current_user::regrole and has_table_privilege('entas_analyst', c.oid, 'select')
    );
    statement text;
    mart regclass;
    policy name;
begin
    for statement in
        select format('revoke all on schema %I from entas_analyst, entas_steward', n.nspname)
        from pg_namespace as n
        where n.nspowner = current_user::regrole
        union all
        select format(
            'revoke all on %s %s from entas_analyst, entas_steward',
            case c.relkind when 'S' then 'sequence' else '' end, c.oid::regclass
        )
        from pg_class as c
        where c.relowner = current_user::regrole and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and c.relnamespace in (select n.oid from pg_namespace as n where n.nspowner = current_user::regrole)
        union all
        select format('revoke all on routine %s from entas_analyst, entas_steward', p.oid::regprocedure)
        from pg_proc as p
        where p.proowner = current_user::regrole
        and p.pronamespace in (select n.oid from pg_namespace as n where n.nspowner = current_user::regrole)
    loop
        execute statement;
    end loop;
    foreach mart in array opened loop
        for policy in select polname from pg_policy where polrelid = mart loop
            execute format('drop policy %I on %s', policy, mart);
        end loop;
        perform identity.let_readers_read(mart);
    end loop;
end $$;

-- A mart is readable when identity.let_readers_read says so, with its policies, and not from the moment it is made.
alter default privileges in schema marts revoke select on tables from entas_analyst, entas_steward;

grant usage on schema marts to entas_analyst, entas_steward;
grant usage on schema identity to entas_steward;
grant execute on function identity.sees_regency, identity.my_villages, identity.my_households to entas_steward;

-- Row-level security on everything that names persons, or leads to it: whoever is not the owner sees no row without a
-- policy, should a right ever be given by mistake.
alter table raw.upload enable row level security;
alter table raw.penduduk enable row level security;
alter table raw.kesejahteraan enable row level security;
alter table raw.verifikasi enable row level security;
alter table raw.bantuan enable row level security;
alter table raw.pemberdayaan enable row level security;
alter table quality.quarantined_row enable row level security;
alter table quality.row_warning enable row level security;
