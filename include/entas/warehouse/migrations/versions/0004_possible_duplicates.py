"""Scored pairs of persons and families who may be the same, and the names of parents that some formats give."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SQL = """
alter table raw.penduduk add column nama_ayah text, add column nama_ibu text;
comment on column raw.penduduk.nama_ayah is 'Father''s name, in formats that hold it; it tells persons of the same name apart.';
comment on column raw.penduduk.nama_ibu is 'Mother''s name, in formats that hold it; it tells persons of the same name apart.';

create table quality.duplicate_search (
    search_id bigint generated always as identity primary key,
    period text not null check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    computed_at timestamptz not null default clock_timestamp(),
    model_version text not null,
    model jsonb not null,
    upload_ids bigint[] not null,
    persons integer not null,
    pairs_compared bigint not null,
    blocks_left_out integer not null,
    person_pairs integer not null,
    family_pairs integer not null,
    seconds numeric(10, 1) not null
);
comment on table quality.duplicate_search is 'One row per search for persons and families that may be listed twice.';
comment on column quality.duplicate_search.period is 'Month whose registers in force were searched, YYYY-MM.';
comment on column quality.duplicate_search.model_version is 'Version of the method and digest of the parameters that scored the pairs.';
comment on column quality.duplicate_search.model is 'The parameters: for each comparison and level the probability among same persons (m) and among others (u); no personal data.';
comment on column quality.duplicate_search.upload_ids is 'Population registers (raw.upload) that were in force.';
comment on column quality.duplicate_search.persons is 'Living rows that were compared.';
comment on column quality.duplicate_search.pairs_compared is 'Pairs that share a blocking key and were scored.';
comment on column quality.duplicate_search.blocks_left_out is 'Blocking keys that too many rows share to compare all of them with each other.';
comment on column quality.duplicate_search.person_pairs is 'Pairs of persons stored by this search.';
comment on column quality.duplicate_search.family_pairs is 'Pairs of families stored by this search.';

create table quality.possible_duplicate (
    pair_id text primary key check (pair_id ~ '^[0-9a-f]{16}$'),
    kind text not null check (kind in ('person', 'family')),
    left_household_id text not null,
    left_person_id text,
    left_village_code text not null,
    left_upload_id bigint not null references raw.upload (upload_id),
    left_position integer not null,
    right_household_id text not null,
    right_person_id text,
    right_village_code text not null,
    right_upload_id bigint not null references raw.upload (upload_id),
    right_position integer not null,
    score numeric(6, 4) not null check (score between 0 and 1),
    match_weight numeric(8, 2) not null,
    evidence jsonb not null,
    period text not null check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    model_version text not null,
    first_seen_at timestamptz not null,
    computed_at timestamptz not null,
    decision text check (decision in ('sama', 'berbeda')),
    decided_by text,
    decided_at timestamptz,
    decision_note text,
    check ((left_person_id is null) = (kind = 'family') and (right_person_id is null) = (kind = 'family')),
    check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by is null))
);
comment on table quality.possible_duplicate is
    'One row per pair of persons, or of families, that the registers in force may list twice. Suspicions: nothing is merged or counted differently because of them.';
comment on column quality.possible_duplicate.pair_id is 'Made from the pseudonyms of both sides: the same pair has the same id in every search.';
comment on column quality.possible_duplicate.kind is 'person or family.';
comment on column quality.possible_duplicate.left_household_id is 'Pseudonym of the family card of one side; the sides are in the order of their pseudonyms.';
comment on column quality.possible_duplicate.left_person_id is 'Pseudonym of the person; null for families.';
comment on column quality.possible_duplicate.left_village_code is 'Village whose register lists that side.';
comment on column quality.possible_duplicate.left_upload_id is 'Upload of that register (raw.upload).';
comment on column quality.possible_duplicate.left_position is 'Row in raw.penduduk of that upload; for families that of the head, or the first where none is marked.';
comment on column quality.possible_duplicate.right_household_id is 'As left_household_id, of the other side.';
comment on column quality.possible_duplicate.right_person_id is 'As left_person_id, of the other side.';
comment on column quality.possible_duplicate.right_village_code is 'As left_village_code, of the other side.';
comment on column quality.possible_duplicate.right_upload_id is 'As left_upload_id, of the other side.';
comment on column quality.possible_duplicate.right_position is 'As left_position, of the other side.';
comment on column quality.possible_duplicate.score is 'Persons: probability that both rows are one person. Families: the share of the smaller family''s living members that the other one is expected to list too.';
comment on column quality.possible_duplicate.match_weight is 'Persons: base-2 logarithm of the odds that both rows are one person. Families: the sum over their persons that match.';
comment on column quality.possible_duplicate.evidence is 'Persons: how far each comparison agrees. Families: members of each side and how many match. Never a name, a date or a number of a person.';
comment on column quality.possible_duplicate.period is 'The latest month, YYYY-MM, in whose registers the pair was found.';
comment on column quality.possible_duplicate.model_version is 'As in quality.duplicate_search.';
comment on column quality.possible_duplicate.first_seen_at is 'When a search found the pair first.';
comment on column quality.possible_duplicate.computed_at is 'When a search found the pair last.';
comment on column quality.possible_duplicate.decision is 'What somebody found out: sama (one person or family) or berbeda (two); null while nobody judged. Judged pairs stay.';
comment on column quality.possible_duplicate.decided_by is 'Who judged: name of the account.';
comment on column quality.possible_duplicate.decided_at is 'When it was judged.';
comment on column quality.possible_duplicate.decision_note is 'What the judgement rests on, as noted; not to hold names or numbers of persons.';
create index on quality.possible_duplicate (left_village_code, period);
create index on quality.possible_duplicate (right_village_code, period);
"""


def upgrade() -> None:
    op.execute(_SQL)
