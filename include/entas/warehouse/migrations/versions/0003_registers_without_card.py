"""Registers that know a family by its head's NIK, aid without amount or date, and notes of reading."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SQL = """
alter table raw.upload add column notes text[] not null default '{}';
comment on column raw.upload.notes is
    'What reading it assumed, left out or could not know, one Indonesian sentence each, for whoever sent it.';

alter table raw.kesejahteraan
    add column head_person_id text,
    alter column no_kk drop not null,
    alter column household_id drop not null,
    add constraint kesejahteraan_has_a_key check (household_id is not null or head_person_id is not null);
comment on column raw.kesejahteraan.no_kk is
    'Family card number; null in formats without one (P3KE), whose families are found by the head''s NIK.';
comment on column raw.kesejahteraan.household_id is 'Pseudonym of no_kk; null where the row has none.';
comment on column raw.kesejahteraan.head_person_id is
    'Pseudonym of nik_kepala; null where the row has no usable one. Never null together with household_id.';
create index on raw.kesejahteraan (head_person_id) where head_person_id is not null;

alter table raw.bantuan alter column tanggal_salur drop not null;
comment on column raw.bantuan.tanggal_salur is
    'Day of payment; null in formats that hold none (an OpenSID aid programme lists participants, not payments).';
comment on column raw.bantuan.nilai is 'Rupiah paid; null in formats that hold no amount.';
"""


def upgrade() -> None:
    op.execute(_SQL)
