"""Stewards and their districts, and a log of looks at identities that a rolled-back transaction cannot empty.

Who may do what with these tables, and with all others, is in `warehouse/rights/`, which `migrate` applies.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SQL = """
alter default privileges revoke execute on functions from public;

-- One row: which rights were last settled here. Others are settled anew.
create table identity.settled_rights (
    only_row boolean primary key default true check (only_row),
    digest text not null,
    settled_at timestamptz not null default clock_timestamp()
);
comment on table identity.settled_rights is 'One row: the version of the rights (warehouse/rights) that this database has.';
comment on column identity.settled_rights.digest is 'SHA-256 of what was applied; migrate applies the rights again when it differs.';

create table identity.steward (
    role_name text not null check (role_name <> ''),
    district_code text check (district_code ~ '^[0-9]{2}\\.[0-9]{2}\\.[0-9]{2}$'),
    added_at timestamptz not null default clock_timestamp(),
    added_by text not null,
    unique nulls not distinct (role_name, district_code)
);
comment on table identity.steward is 'One row per steward''s login and district: whose families the login may see. Row-level security reads it.';
comment on column identity.steward.role_name is 'Name of the login role, as session_user says it.';
comment on column identity.steward.district_code is 'Kemendagri code of the kecamatan, with dots; null is the whole regency.';
comment on column identity.steward.added_by is 'Who added the row: account of the machine and of the database.';
insert into identity.steward (role_name, added_by) values ('entas_steward', 'migration 0006');

create table identity.steward_change (
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text not null,
    role_name text not null,
    change text not null check (change in ('added', 'removed', 'password')),
    district_code text
);
comment on table identity.steward_change is 'One row per change of a steward''s rights or password. Append-only.';
comment on column identity.steward_change.changed_by is 'Who changed it: account of the machine and of the database.';
comment on column identity.steward_change.change is 'added or removed: the district (null: the whole regency); password: a new one was set.';

-- A look was a row that the looker's own transaction could take back. Now a ticket is committed before anything is
-- shown: identity.request writes it, identity.members takes it in a later transaction.
drop function identity.members(text, text);
alter table identity.look_up
    alter column looked_up_at set default clock_timestamp(),
    add column look_up_id bigint generated always as identity primary key,
    add column ticket bigint,
    add column period text check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    add column person_ids text[] not null default '{}',
    add column transaction_id xid8,
    add column client_address inet;
create sequence identity.ticket as bigint owned by identity.look_up.ticket;
create index on identity.look_up (ticket);
create index on identity.look_up (household_id, looked_up_at);
comment on table identity.look_up is 'One row per look at the identities of a family, written and committed before they are shown. Append-only.';
comment on column identity.look_up.looked_up_at is 'When it was asked for.';
comment on column identity.look_up.looked_up_by is 'Login role that looked (session_user).';
comment on column identity.look_up.household_id is 'Pseudonym of the family that was looked up.';
comment on column identity.look_up.purpose is 'The reason given. Not to hold names or numbers of persons.';
comment on column identity.look_up.ticket is 'Shared by the families that were looked up together; null for looks before there were tickets.';
comment on column identity.look_up.period is 'As listed up to this month, YYYY-MM; null: as listed last.';
comment on column identity.look_up.person_ids is 'Pseudonyms of the persons that were shown; empty: the family is not listed, or not in a district of the looker''s (or the look is older than this column).';
comment on column identity.look_up.transaction_id is 'Transaction that wrote the row: the persons are shown to later ones only.';
comment on column identity.look_up.client_address is 'Where the looker connected from; null over a local socket.';

create function identity.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
comment on function identity.refuse_change is 'Keeps logs append-only, for their owner too.';
create trigger look_up_append_only before update or delete or truncate on identity.look_up
    for each statement execute function identity.refuse_change();
create trigger steward_change_append_only before update or delete or truncate on identity.steward_change
    for each statement execute function identity.refuse_change();
"""


def upgrade() -> None:
    op.execute(_SQL)
