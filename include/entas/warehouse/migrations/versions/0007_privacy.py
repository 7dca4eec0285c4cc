"""What was destroyed, corrected or erased, when and why; and rows whose identity is gone while the figures stay."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SQL = """
-- A person whose identity was destroyed is still counted with or without NIK as before. The flag is null for all others,
-- so that intake need not know of it.
alter table raw.penduduk
    alter column no_kk drop not null,
    alter column nama drop not null,
    add column had_nik boolean,
    add constraint penduduk_is_whole_or_destroyed
        check (had_nik is not null or (no_kk is not null and nama is not null));
alter table raw.penduduk
    add column has_nik boolean not null generated always as (coalesce(had_nik, nik is not null)) stored;
comment on column raw.penduduk.had_nik is
    'Null for a row as loaded. Else its identity was destroyed, and this tells whether it had a NIK.';
comment on column raw.penduduk.has_nik is 'False for a person pending identity; outlives the NIK.';
comment on column raw.penduduk.nik is 'Null: the person is pending identity, or had_nik tells that it was destroyed.';
drop index if exists raw.penduduk_person_id_upload_id_idx;
create index penduduk_person_id_upload_id_idx on raw.penduduk (person_id, upload_id) where has_nik;
alter table raw.verifikasi alter column no_kk drop not null;

create table raw.revision (
    revision_id bigint generated always as identity primary key,
    request_id bigint not null,
    made_at timestamptz not null default clock_timestamp()
);
comment on table raw.revision is
    'One row each time rows that were loaded before changed so that figures may (correction, erasure). What is computed from raw by upload alone is out of date when the last revision_id is not the one it was made with.';

create schema if not exists privacy;
comment on schema privacy is
    'Traces of UU PDP 27/2022: requests of persons, and what was destroyed. No names, numbers or values; append-only, but for privacy.unfinished.';

create table privacy.request (
    request_id bigint generated always as identity primary key,
    kind text not null check (kind in ('access', 'correction', 'erasure')),
    reference text not null,
    requested_on date not null,
    subject_kind text not null check (subject_kind in ('person', 'family')),
    subject_id text not null check (subject_id ~ '^[0-9a-f]{64}$'),
    column_name text,
    value_key text check (value_key ~ '^[0-9a-f]{64}$'),
    basis text not null,
    recorded_by text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    check ((kind = 'correction') = (column_name is not null) and (kind = 'correction') = (value_key is not null))
);
comment on table privacy.request is 'One row per request of a person about their data that was carried out, or begun. Append-only.';
comment on column privacy.request.kind is 'access, correction or erasure.';
comment on column privacy.request.reference is 'Number of the request in the office''s register of letters; never a name, NIK or card number.';
comment on column privacy.request.requested_on is 'Day on which the office received the request; the time allowed runs from it.';
comment on column privacy.request.subject_id is
    'Pseudonym (HMAC under ENTAS_PSEUDONYM_KEY) of the NIK or card that the request is about, as rows loaded later would bear it. It tells whether an erased person is listed again; without the key it tells nothing.';
comment on column privacy.request.column_name is 'Corrections: the column that was wrong.';
comment on column privacy.request.value_key is 'Corrections: HMAC of the right value, by which later uploads are compared; the value is not kept here.';
comment on column privacy.request.basis is 'Reason and legal basis, as recorded.';
comment on column privacy.request.recorded_by is 'Account that carried it out.';

create table privacy.request_outcome (
    outcome_id bigint generated always as identity primary key,
    request_id bigint not null references privacy.request (request_id),
    outcome text not null check (outcome in ('answered', 'corrected', 'erased', 'confirmed', 'returned')),
    upload_id bigint references raw.upload (upload_id),
    rows jsonb not null default '{}',
    files jsonb not null default '{}',
    done_by text not null,
    done_at timestamptz not null default clock_timestamp(),
    unique nulls not distinct (request_id, outcome, upload_id),
    check ((outcome in ('confirmed', 'returned')) = (upload_id is not null))
);
comment on table privacy.request_outcome is 'What became of requests, one row a step. Append-only.';
comment on column privacy.request_outcome.outcome is
    'answered, corrected, erased: the request is carried out. confirmed: a later register has the corrected value. returned: a later upload has the old value, or lists the erased person again, and its village was told.';
comment on column privacy.request_outcome.upload_id is 'confirmed, returned: the later upload.';
comment on column privacy.request_outcome.rows is 'Rows concerned, by table.';
comment on column privacy.request_outcome.files is 'Files destroyed, by store; notices to villages under notices.';

create table privacy.destruction (
    destruction_id bigint generated always as identity primary key,
    upload_id bigint not null references raw.upload (upload_id),
    sha256 text not null,
    cause text not null check (cause in ('retention', 'erasure')),
    request_id bigint references privacy.request (request_id),
    basis text not null,
    rows jsonb not null default '{}',
    files jsonb not null default '{}',
    destroyed_by text not null,
    begun_at timestamptz not null,
    destroyed_at timestamptz not null default clock_timestamp(),
    unique nulls not distinct (upload_id, cause, request_id),
    check ((cause = 'erasure') = (request_id is not null))
);
comment on table privacy.destruction is
    'One row per upload of which something was destroyed, written when all of it is gone. Append-only. The upload''s row in raw.upload, with counts and SHA-256, stays.';
comment on column privacy.destruction.cause is
    'retention: all identities of the upload, because it was older than ENTAS_IDENTITY_MONTHS. erasure: the bytes of its file, because it lists a person whose data were erased on request.';
comment on column privacy.destruction.rows is 'Rows that lost their identities, by table.';
comment on column privacy.destruction.files is
    'Files destroyed, by store (archive, feedback, inbox). No archive: another upload of the same bytes still needs them, or they were gone.';
create index on privacy.destruction (sha256);

-- Work that is begun: rows have lost their identities in the transaction that wrote this, files are still to follow.
create table privacy.unfinished (
    unfinished_id bigint generated always as identity primary key,
    upload_id bigint unique references raw.upload (upload_id),
    request_id bigint unique references privacy.request (request_id),
    basis text not null,
    rows jsonb not null,
    files jsonb not null,
    notices jsonb not null default '[]',
    begun_by text not null,
    begun_at timestamptz not null default clock_timestamp(),
    check ((upload_id is null) <> (request_id is null))
);
comment on table privacy.unfinished is
    'One row per destruction or request of which the rows are done and the rest is not; gone when the trace is written. keep_house finishes what a killed run left.';
comment on column privacy.unfinished.files is 'Files still to be removed: store, path, and for the inbox size and time of the version meant.';
comment on column privacy.unfinished.notices is 'What villages are still to be told: which row of which file to mend.';

create function privacy.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger request_append_only before update or delete on privacy.request
    for each row execute function privacy.refuse_change();
create trigger request_keep before truncate on privacy.request
    for each statement execute function privacy.refuse_change();
create trigger request_outcome_append_only before update or delete on privacy.request_outcome
    for each row execute function privacy.refuse_change();
create trigger request_outcome_keep before truncate on privacy.request_outcome
    for each statement execute function privacy.refuse_change();
create trigger destruction_append_only before update or delete on privacy.destruction
    for each row execute function privacy.refuse_change();
create trigger destruction_keep before truncate on privacy.destruction
    for each statement execute function privacy.refuse_change();

alter table raw.revision add foreign key (request_id) references privacy.request (request_id);
"""


def upgrade() -> None:
    op.execute(_SQL)
