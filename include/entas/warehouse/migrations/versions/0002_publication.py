"""Releases of the report and their deliveries: rows that are added and never changed."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SQL = """
create schema if not exists publication;

create table publication.report_release (
    release_id bigint generated always as identity primary key,
    regency_code text not null,
    period date not null check (extract(day from period) = 1),
    revision integer not null check (revision >= 1),
    status text not null check (status in ('final', 'provisional')),
    figures_sha256 text not null check (figures_sha256 ~ '^[0-9a-f]{64}$'),
    figures jsonb not null,
    households integer not null,
    persons integer not null,
    as_of timestamptz not null,
    generated_at timestamptz not null,
    opening_restated jsonb,
    changes jsonb not null,
    upload_ids bigint[] not null,
    folder text not null,
    files jsonb not null,
    code_version text not null,
    released_at timestamptz not null default clock_timestamp(),
    unique (regency_code, period, revision)
);
comment on table publication.report_release is 'One row per revision of a month''s report. Append-only: a correction is the next revision.';
comment on column publication.report_release.period is 'First day of the month reported.';
comment on column publication.report_release.revision is '1 for the first release of the month; one more each time the figures changed.';
comment on column publication.report_release.status is 'final when every village''s penduduk of the month was in, else provisional.';
comment on column publication.report_release.figures_sha256 is 'SHA-256 of the figures in canonical JSON; equal figures make no new revision.';
comment on column publication.report_release.figures is 'The figures themselves, all areas.';
comment on column publication.report_release.households is 'The count in families (KK).';
comment on column publication.report_release.persons is 'The count in persons (jiwa).';
comment on column publication.report_release.as_of is 'The marts rebuilt as known at this moment give these figures.';
comment on column publication.report_release.generated_at is 'Date of the letter; with the figures it fixes every byte of the files.';
comment on column publication.report_release.opening_restated is 'Where the opening differs from the closing released before for the month before; null where it does not.';
comment on column publication.report_release.changes is 'What changed since the revision before; empty for revision 1.';
comment on column publication.report_release.upload_ids is 'Accepted uploads (raw.upload) received up to as_of.';
comment on column publication.report_release.folder is 'Folder of the files below ENTAS_REPORTS.';
comment on column publication.report_release.files is 'For each file name its sha256 and bytes; manifest.json included.';

create table publication.delivery (
    delivery_id bigint generated always as identity primary key,
    release_id bigint not null references publication.report_release (release_id),
    recipient text not null,
    recipient_name text not null,
    channel text not null,
    place text not null,
    formats text[] not null,
    disclosure text not null check (disclosure in ('full', 'public')),
    files jsonb not null,
    delivered_at timestamptz not null default clock_timestamp(),
    unique (release_id, recipient)
);
comment on table publication.delivery is 'One row per release and recipient it was delivered to. Append-only.';
comment on column publication.delivery.recipient is 'Id of the recipient in recipients.yaml.';
comment on column publication.delivery.place is 'Where the files were put (folder, address), without secrets.';
comment on column publication.delivery.files is 'For each delivered file name its sha256 and bytes.';

create function publication.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    raise exception '%.% is append-only', tg_table_schema, tg_table_name
        using errcode = 'restrict_violation',
              hint = 'A correction is a new revision: run entas publish for the period again.';
end $$;

create trigger report_release_append_only before update or delete on publication.report_release
    for each row execute function publication.refuse_change();
create trigger report_release_keep before truncate on publication.report_release
    for each statement execute function publication.refuse_change();
create trigger delivery_append_only before update or delete on publication.delivery
    for each row execute function publication.refuse_change();
create trigger delivery_keep before truncate on publication.delivery
    for each statement execute function publication.refuse_change();
"""


def upgrade() -> None:
    op.execute(_SQL)
