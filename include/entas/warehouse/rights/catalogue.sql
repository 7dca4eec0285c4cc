-- Run by a superuser in Entas's own database; on a borrowed server it stays as PostgreSQL has it.
-- What every login can do by default and no reader needs.

do $$
declare
    routine regprocedure;
begin
    for routine in
        select p.oid
        from pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace
        -- Large objects are a way to fill the disk, advisory locks one to hold up builds and intake.
        and (p.proname ~ '^(lo_|lo(read|write)$)' or p.proname ~ '^pg_(try_)?advisory_')
    loop
        execute format('revoke all on function %s from public', routine);
        execute format('grant execute on function %s to entas_pipeline', routine);
    end loop;
end $$;

-- Anonymous blocks of code.
revoke usage on language plpgsql from public;
grant usage on language plpgsql to entas_pipeline;
do $$
begin
    if exists (select from pg_roles where rolname = 'entas_identity') then
        grant usage on language plpgsql to entas_identity;
    end if;
end $$;
