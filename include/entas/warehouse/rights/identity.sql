-- Run by entas_identity, which therefore owns these functions. May run again at any time.

create or replace function identity.listing(households text[], until text)
returns table (
    household_id text, village_code text, village_name text, period text, received_at timestamptz,
    no_kk text, nik text, nama text, sex smallint, tanggallahir date, kk_level smallint, status_dasar smallint,
    alamat text, dusun text, rw text, rt text, person_id text, row_position integer
)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select
        l.household_id, l.village_code, l.village_name, l.period, l.received_at, l.no_kk, l.nik, l.nama, l.sex,
        l.tanggallahir, l.kk_level, l.status_dasar, l.alamat, l.dusun, l.rw, l.rt, l.person_id, l.position
    from (
        select
            p.*, u.village_code, v.village_name, u.period, u.received_at,
            rank() over (
                partition by p.household_id, u.village_code order by u.period desc, u.received_at desc
            ) as age
        from (
            select
                r.household_id, r.upload_id, r.no_kk, r.nik, r.nama, r.sex, r.tanggallahir, r.kk_level,
                r.status_dasar, r.alamat, r.dusun, r.rw, r.rt, r.person_id, r.position
            from raw.penduduk as r
            where r.household_id = any (households)
        ) as p
        inner join raw.upload as u on u.upload_id = p.upload_id
        left join reference.village as v on v.village_code = u.village_code
        where until is null or u.period <= until
    ) as l
    where l.age = 1
$$;
comment on function identity.listing is
    'Persons of families as each village listed them last, up to a month. For the two functions below, not for callers.';

create or replace function identity.request(households text[], reason text, until text default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = on as $$
declare
    number bigint;
begin
    if length(regexp_replace(coalesce(reason, ''), '\s', '', 'g')) < 5 then
        raise exception 'say for what reason these families are looked up'
            using hint = 'For example: verification visit, letter 460/12.';
    end if;
    if length(reason) > 500 or regexp_replace(reason, '[\s.]', '', 'g') ~ '[0-9]{16}' then
        raise exception 'the reason is kept in a log: at most 500 characters, and no NIK or card number in it';
    end if;
    if coalesce(cardinality(households), 0) not between 1 and 100 then
        raise exception 'look up 1 to 100 families at a time';
    end if;
    if exists (select from unnest(households) as h where h is null or h !~ '^[0-9a-f]{64}$') then
        raise exception 'a household_id has 64 hexadecimal digits, as in marts.fct_household_status_monthly';
    end if;
    if until !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' then
        raise exception 'write the month as YYYY-MM';
    end if;
    number := nextval('identity.ticket');
    insert into identity.look_up (
        looked_up_by, household_id, purpose, ticket, period, person_ids, transaction_id, client_address
    )
    select
        session_user, h, trim(reason), number, until,
        array(select distinct l.person_id from identity.listing(array[h], until) as l order by l.person_id),
        pg_current_xact_id(), inet_client_addr()
    from (select distinct unnest(households) as h) as asked;
    return number;
end $$;
comment on function identity.request is
    'Asks to see the persons of families: writes the log and returns a ticket for identity.members. Commit in between.';

create or replace function identity.members(ticket_number bigint)
returns table (
    household_id text, village_code text, village_name text, period text, received_at timestamptz,
    no_kk text, nik text, nama text, sex smallint, tanggallahir date, kk_level smallint, status_dasar smallint,
    alamat text, dusun text, rw text, rt text
)
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = on as $$
declare
    written xid8;
    written_at timestamptz;
begin
    select l.transaction_id, l.looked_up_at into written, written_at
    from identity.look_up as l
    where l.ticket = ticket_number and l.looked_up_by = session_user
    limit 1;
    if not found then
        raise exception 'there is no such ticket of yours'
            using hint = 'identity.request gives one.';
    end if;
    -- Whoever could look before the log is committed could take the log back.
    if written is not distinct from pg_current_xact_id_if_assigned() then
        raise exception 'commit first: persons are shown when the look is in the log for good'
            using errcode = 'invalid_transaction_state';
    end if;
    if written_at < clock_timestamp() - interval '15 minutes' then
        raise exception 'this ticket is older than 15 minutes'
            using hint = 'Ask for another with identity.request.';
    end if;
    return query
    select
        s.household_id, s.village_code, s.village_name, s.period, s.received_at, s.no_kk, s.nik, s.nama, s.sex,
        s.tanggallahir, s.kk_level, s.status_dasar, s.alamat, s.dusun, s.rw, s.rt
    from identity.look_up as l
    cross join lateral identity.listing(array[l.household_id], l.period) as s
    where l.ticket = ticket_number and s.person_id = any (l.person_ids)
    order by s.household_id, s.period desc, s.received_at desc, s.village_code, s.row_position;
end $$;
comment on function identity.members is
    'Persons of the families of a ticket, as each village listed them last. Shows what the log says was shown.';

revoke all on function identity.listing, identity.request, identity.members
from public, entas_analyst, entas_steward;
grant execute on function identity.request, identity.members to entas_steward;
