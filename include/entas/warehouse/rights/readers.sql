-- Run by entas_pipeline where the roles of readers exist. May run again at any time.

-- Readers have nothing but what follows, whatever they were given before.
do $$
declare
    schema name;
begin
    for schema in
        select nspname
        from pg_namespace
        where nspowner = (select oid from pg_roles where rolname = current_user) and nspname <> 'marts'
    loop
        execute format('revoke all on schema %I from entas_analyst, entas_steward', schema);
        execute format('revoke all on all tables in schema %I from entas_analyst, entas_steward', schema);
        execute format('revoke all on all sequences in schema %I from entas_analyst, entas_steward', schema);
        execute format('revoke all on all routines in schema %I from entas_analyst, entas_steward', schema);
    end loop;
end $$;

grant usage on schema marts to entas_analyst, entas_steward;
-- A mart is readable when identity.let_readers_read says so, with its policies, and not from the moment it is made.
alter default privileges in schema marts revoke select on tables from entas_analyst, entas_steward;

do $$
declare
    mart regclass;
    policy name;
begin
    for mart in
        select c.oid from pg_class as c where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'p', 'v')
        and not c.relispartition
    loop
        for policy in select polname from pg_policy where polrelid = mart loop
            execute format('drop policy %I on %s', policy, mart);
        end loop;
        perform identity.let_readers_read(mart);
    end loop;
end $$;

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
