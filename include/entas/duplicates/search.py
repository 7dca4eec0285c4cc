"""Pairs of rows that may be of one person, and of families that may be one, found in a DuckDB of its own.

Everything here is deterministic: rows are numbered in their own order, samples are taken by hash, and what is learnt is
cut to five digits. Memory is bounded: DuckDB spills to the folder it is given, and no key pairs more than
`LARGEST_BLOCK` rows with each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, block_on

from entas.duplicates.model import (
    BLOCKS,
    CLOSE,
    DIFFERENT,
    SAME,
    SIMILAR,
    SMALLEST_POPULATION,
    Model,
    frequency_columns,
    make_linker,
    prior_model,
    train,
)
from entas.duplicates.names import read_name, read_place

#: Columns of the file that is searched, in their order; csv without a header, null as an empty cell without quotes.
COLUMNS = {
    "upload_id": "bigint",
    "position": "integer",
    "village_code": "varchar",
    "standing": "integer",  # order of the registers in which they keep a person whom several list (design, section 6)
    "household_id": "varchar",
    "nik": "varchar",
    "name_birth_key": "varchar",
    "nama": "varchar",
    "sex": "tinyint",
    "tempatlahir": "varchar",
    "tanggallahir": "date",
    "kk_level": "tinyint",
    "nama_ayah": "varchar",
    "nama_ibu": "varchar",
}
#: Rows that may share a blocking key; a key that more rows have is no sign of anything (born on 1 January).
LARGEST_BLOCK = 100
#: Pairs are kept from this probability on, and families from this share of members; both chosen on the invented set of
#: `make bench` (docs/duplicates.md).
LEAST_SCORE = 0.5
LEAST_OVERLAP = 0.5

_MEMORY = "3GB"
_BATCH = 100_000


@dataclass(frozen=True)
class FoundPair:
    """A pair, its sides given by upload and position of a row; a family's is its head's.

    Attributes:
        score: probability that both rows are one person; for families the share of the smaller one's living members
            that are expected to be in the other.
        weight: base-2 logarithm of the odds; for families the sum over their persons.
        evidence: level by comparison; for families counts.
    """

    kind: str
    left: tuple[int, int]
    right: tuple[int, int]
    score: float
    weight: float
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        persons: living rows that were compared.
        pairs_compared: pairs that were scored.
        blocks_left_out: keys that more than `LARGEST_BLOCK` rows share.
        pairs: persons, then families, each by score from the highest.
    """

    model: Model
    persons: int
    pairs_compared: int
    blocks_left_out: int
    pairs: list[FoundPair]


def search(
    file: Path,
    folder: Path,
    *,
    year: int,
    judged_different: Iterable[tuple[tuple[int, int], tuple[int, int]]] = (),
    least_score: float = LEAST_SCORE,
) -> Found:
    """Search the living rows of the registers in force.

    Args:
        file: csv of `COLUMNS`; of a family that several villages list, only the rows of the one that keeps it.
        folder: private folder for the database; holds names and numbers of persons until the caller removes it.
        year: of the registers; nobody in them is born after it.
        judged_different: rows (upload and position) that somebody found to be two persons.
        least_score: pairs below it are not kept.
    """
    options = {
        "threads": min(os.cpu_count() or 1, 8),
        "memory_limit": _MEMORY,
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
        # Nothing is fetched from anywhere.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(str(folder / "search.duckdb"), config=options) as connection:
        connection.execute("set enable_progress_bar = false")
        _read(connection, file, year)
        _read_names(connection)
        _make_persons(connection)
        left_out = _make_blocks(connection)
        (persons,) = _one(connection, "select count(*) from candidates")
        model = prior_model(persons)
        if persons:
            model = train(connection, model, persons="candidates", same_nik="same_nik")
        compared = _score(connection, model, persons, least_score, judged_different)
        pairs = [*_person_pairs(connection, model), *_family_pairs(connection)]
    return Found(model, persons, compared, left_out, pairs)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    [row] = connection.execute(query).fetchall()  # to the end: only then the connection takes the next statement
    return row


def _read(connection: duckdb.DuckDBPyConnection, file: Path, year: int) -> None:
    connection.read_csv(
        str(file),
        header=False,
        sep=",",
        quotechar='"',
        escapechar='"',
        columns=dict(COLUMNS),
        auto_detect=False,
        parallel=False,
        strict_mode=True,
    ).create_view("file_rows")
    connection.execute(
        """
        create table families as
        select household_id, (row_number() over (order by household_id))::integer as household
        from (select distinct household_id from file_rows)
        """
    )
    # NIK and card are of 16 digits here; a village code has 10, kept as a number that is quick to compare.
    connection.execute(
        """
        create table rows as
        select
            (row_number() over (order by standing, position))::integer as id,
            families.household, upload_id, position, replace(village_code, '.', '')::bigint as village, nik,
            name_birth_key, nama, sex, tempatlahir, kk_level, nama_ayah, nama_ibu,
            -- The NIK says when its holder was born, where the row does not.
            coalesce(strftime(tanggallahir, '%Y%m%d'), case when nik is not null then
                case when nik[11:12]::integer <= $year % 100 then '20' else '19' end
                || nik[11:12] || nik[9:10] || lpad((nik[7:8]::integer % 40)::varchar, 2, '0') end) as born
        from file_rows join families using (household_id)
        """,
        {"year": year},
    )
    connection.execute("drop table families; drop view file_rows")


def _read_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Every name and place once, in the form in which it is compared."""
    connection.execute(
        """
        create table names (written varchar, name_key varchar, name_plain varchar, name_first varchar,
                            name_short varchar, name_words tinyint, name_abbreviated boolean, father varchar);
        create table places (written varchar, birthplace varchar)
        """
    )
    written = (
        "select distinct unnest([nama, nama_ayah, nama_ibu]) as written from rows order by written"  # nulls come last
    )
    for batch in _batches(connection, f"select written from ({written}) where written is not null"):
        names = [read_name(text) for text in batch]
        _insert(
            connection,
            "names",
            {
                "written": batch,
                "name_key": [name.key or None for name in names],
                "name_plain": [name.text.replace(" ", "") or None for name in names],
                "name_first": [name.first or None for name in names],
                "name_short": [name.short or None for name in names],
                "name_words": [name.words for name in names],
                "name_abbreviated": [name.abbreviated for name in names],
                "father": [read_name(name.father).key or None for name in names],
            },
        )
    for batch in _batches(connection, "select distinct tempatlahir from rows where tempatlahir is not null"):
        keys = [read_place(text) or None for text in batch]
        _insert(connection, "places", {"written": batch, "birthplace": keys})


def _batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[list[str]]:
    cursor = connection.cursor().execute(query)
    while batch := cursor.fetchmany(_BATCH):
        yield [text for (text,) in batch]


def _insert(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[Any]]) -> None:
    connection.register("batch", pa.table(columns))
    connection.execute(f"insert into {table} by name select * from batch")
    connection.unregister("batch")


def _make_persons(connection: duckdb.DuckDBPyConnection) -> None:
    """Tables `persons` (every row, as it is compared), `settled`, `candidates` and `same_nik`."""
    connection.execute(
        """
        create table persons as
        with
        named as (
            select rows.*, names.* exclude (written, father), birthplace,
                   names.father as father_in_name, fathers.name_key as father_key, mothers.name_key as mother_key
            from rows
            join names on rows.nama = names.written
            left join names fathers on rows.nama_ayah = fathers.written
            left join names mothers on rows.nama_ibu = mothers.written
            left join places on rows.tempatlahir = places.written
        ),
        -- Where no parents are named, a child's are the head of its card and the head's spouse.
        heads as (
            select household,
                   min_by(name_key, id) filter (kk_level = 1) as head_key,
                   min_by(sex, id) filter (kk_level = 1) as head_sex,
                   min_by(name_key, id) filter (kk_level in (2, 3)) as spouse_key,
                   min_by(sex, id) filter (kk_level in (2, 3)) as spouse_sex
            from named group by household
        )
        select id, household, village, nik, name_birth_key, name_key, name_plain, name_first, name_short,
               name_words, name_abbreviated, born, sex, birthplace,
               coalesce(father_key, father_in_name, case when kk_level = 4 then
                   case when head_sex = 1 then head_key when spouse_sex = 1 then spouse_key end end) as father,
               coalesce(mother_key, case when kk_level = 4 then
                   case when head_sex = 2 then head_key when spouse_sex = 2 then spouse_key end end) as mother,
               case when kk_level = 1 then spouse_key when kk_level in (2, 3) then head_key end as spouse
        from named left join heads using (household);

        -- Lower ids are of registers that come first when two list a NIK (design, section 6). A row whose name and
        -- birth date are also those of the first is the same person already, and counts nowhere.
        create table settled as
        select id, keeper from (
            select id, name_birth_key, first_value(id) over first as keeper,
                   first_value(name_birth_key) over first as key_of_keeper
            from persons where nik is not null window first as (partition by nik order by id)
        ) where id <> keeper and name_birth_key = key_of_keeper;

        create table same_nik as
        select * from persons
        where nik in (select nik from persons where nik is not null group by nik having count(*) > 1);

        create table candidates as select * from persons where id not in (select id from settled)
        """
    )


def _make_blocks(connection: duckdb.DuckDBPyConnection) -> int:
    """Add the blocking keys to `candidates`; returns how many keys too many rows share, which are emptied."""
    expressions = {
        "block_nik": "nik",
        "block_name_born": "name_key || born",
        "block_born_initial": "born || name_key[1:2]",
        "block_born_village": "born || village",
        "block_name_year": "name_key || born[1:4]",
        # The same whether or not day and month are swapped.
        "block_name_day": "name_key || least(born[5:6], born[7:8]) || greatest(born[5:6], born[7:8])",
        "block_mother": "mother || born[1:4]",
        "block_parents": "mother || father",
        "block_spouse": "spouse || name_key[1:3]",
        "block_name_village": "name_key || village",
    }
    assert tuple(expressions) == BLOCKS
    # Hashes of 64 bits are quicker to join than text; two keys with one hash would only be compared in vain.
    connection.execute(
        "create table hashed as select *, "
        + ", ".join(f"case when {key} is not null then hash({key}) end as {name}" for name, key in expressions.items())
        + " from candidates"
    )
    connection.execute(
        "create table large as "
        + " union all ".join(
            f"select '{name}' as block, {name} as hash from hashed where {name} is not null "
            f"group by {name} having count(*) > {LARGEST_BLOCK}"
            for name in expressions
        )
    )
    (left_out,) = _one(connection, "select count(*) from large")
    connection.execute(
        "create or replace table candidates as select * replace ("
        + ", ".join(
            f"case when {name} not in (select hash from large where block = '{name}') then {name} end as {name}"
            for name in expressions
        )
        + ") from hashed"
    )
    connection.execute("drop table hashed; drop table large")
    return int(left_out)


def _score(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    persons: int,
    least_score: float,
    judged_different: Iterable[tuple[tuple[int, int], tuple[int, int]]],
) -> int:
    """Table `matched`: the pairs that are kept; returns how many pairs were scored."""
    frequencies = {}
    for column in frequency_columns(model):
        frequencies[column] = f"frequency_of_{column}"
        # Of as many rows as know the value, but never as of a handful.
        connection.execute(
            f"""
            create table frequency_of_{column} as
            select {column}, count(*) / greatest(sum(count(*)) over (), {SMALLEST_POPULATION}) as tf_{column}
            from persons where {column} is not null group by {column}
            """
        )
    linker = make_linker(
        DuckDBAPI(connection),
        "candidates",
        model,
        frequencies,
        blocking_rules_to_generate_predictions=[block_on(name) for name in BLOCKS],
        retain_matching_columns=True,
    )
    compared = 0
    if persons:
        blocked = linker.inference.compute_blocked_pairs_for_predict()
        (compared,) = _one(connection, f"select count(*) from {blocked.physical_name}")
    if not compared:
        connection.execute(
            "create table matched (id_l integer, id_r integer, household_l integer, household_r integer, "
            "score double, weight double, "
            + ", ".join(f'"gamma_{one.name}" integer' for one in model.comparisons)
            + ")"
        )
        return compared
    scored = linker.inference.predict(threshold_match_probability=least_score, warning_mode="never")
    connection.execute(
        "create table different (upload_l bigint, position_l integer, upload_r bigint, position_r integer)"
    )
    rows = [(*left, *right) for left, right in judged_different]
    if rows:
        connection.executemany("insert into different values (?, ?, ?, ?)", rows)
    gammas = ", ".join(f"gamma_{one.name}" for one in model.comparisons)
    connection.execute(
        f"""
        create table matched as
        with
        plausible as (
            select scored.id_l, scored.id_r, scored.household_l, scored.household_r,
                   match_probability as score, round(match_weight, 6) as weight, {gammas}
            from {scored.physical_name} scored
            where {_plausible(model)}
        ),
        judged as (
            select l.id as id_l, r.id as id_r
            from different
            join rows l on l.upload_id = upload_l and l.position = position_l
            join rows r on r.upload_id = upload_r and r.position = position_r
        ),
        unjudged as (
            select plausible.* from plausible
            anti join judged on least(judged.id_l, judged.id_r) = least(plausible.id_l, plausible.id_r)
                and greatest(judged.id_l, judged.id_r) = greatest(plausible.id_l, plausible.id_r)
        ),
        -- Of two cards a person is in at most once: the likelier pair goes before the other twin's.
        ranked as (
            select *,
                row_number() over (partition by id_l, household_r order by weight desc, id_r) as rank_l,
                row_number() over (partition by id_r, household_l order by weight desc, id_l) as rank_r
            from unjudged
        )
        select * exclude (rank_l, rank_r) from ranked
        where household_l = household_r or (rank_l = 1 and rank_r = 1)
        """
    )
    return compared


def _gamma(model: Model, comparison: str, level: str) -> int:
    """Splink's number of a level: 0 for the last, one more for each before it."""
    [levels] = [one.levels for one in model.comparisons if one.name == comparison]
    return [one.name for one in reversed(levels)].index(level)


def _plausible(model: Model) -> str:
    """SQL that holds for pairs which are not strangers or twins, whatever their score.

    Names that wholly differ are never one person's unless the NIK is the same; nor are birth dates, unless the NIK is,
    or name and mother are: Nani and Neni of one mother are sisters. Persons of one birth date in one card, or with the
    same parents, are twins unless their names are the same but for spelling (in one card), or for a slip.
    """
    same_name, close_name = (_gamma(model, "nama", level) for level in (SAME, CLOSE))
    same_nik = f"gamma_nik = {_gamma(model, 'nik', SAME)}"
    similar_parent = _gamma(model, "nama_ibu", SIMILAR)
    return f"""
        (gamma_nama > {_gamma(model, "nama", DIFFERENT)} or {same_nik})
        and (gamma_tanggal_lahir <> {_gamma(model, "tanggal_lahir", DIFFERENT)} or {same_nik}
            or (gamma_nama_ibu = {_gamma(model, "nama_ibu", SAME)} and gamma_nama = {same_name}))
        and ({same_nik} or gamma_tanggal_lahir <> {_gamma(model, "tanggal_lahir", SAME)} or case
            when household_l = household_r then gamma_nama >= {same_name}
            when greatest(gamma_nama_ibu, gamma_nama_ayah) >= {similar_parent} then gamma_nama >= {close_name}
            else true end)
    """


def _person_pairs(connection: duckdb.DuckDBPyConnection, model: Model) -> Iterator[FoundPair]:
    names = [one.name for one in model.comparisons]
    levels = [{number: level.name for number, level in enumerate(reversed(one.levels))} for one in model.comparisons]
    cursor = connection.cursor().execute(
        f"""
        select l.upload_id, l.position, r.upload_id, r.position, score, weight,
               {", ".join(f"gamma_{name}" for name in names)}
        from matched join rows l on l.id = id_l join rows r on r.id = id_r
        order by weight desc, id_l, id_r
        """
    )
    while batch := cursor.fetchmany(_BATCH):
        for left_upload, left_position, right_upload, right_position, score, weight, *gammas in batch:
            yield FoundPair(
                "person",
                (left_upload, left_position),
                (right_upload, right_position),
                score,
                weight,
                {
                    name: known.get(gamma, "tidak_diketahui")
                    for name, known, gamma in zip(names, levels, gammas, strict=True)
                },
            )


def _family_pairs(connection: duckdb.DuckDBPyConnection) -> Iterator[FoundPair]:
    """Two cards that list so many of the same persons that they may be one family's.

    Persons whom the exact rule has settled count as the same; a pair of cards with none but those is settled too. A
    card of one person is another card's family only when both are heads: a grown child who has moved out is not.
    """
    cursor = connection.cursor().execute(
        f"""
        with
        same_persons as (
            select household_l, household_r, id_l, id_r, score, weight, true as is_open from matched
            where household_l <> household_r
            union all
            select l.household, r.household, l.id, r.id, 1.0, 0.0, false
            from settled join rows l on l.id = settled.id join rows r on r.id = keeper
            where l.household <> r.household
        ),
        sorted as (
            select least(household_l, household_r) as household_a, greatest(household_l, household_r) as household_b,
                   score, weight, is_open, l.kk_level = 1 and r.kk_level = 1 as are_heads
            from same_persons join rows l on l.id = id_l join rows r on r.id = id_r
        ),
        pairs as (
            select household_a, household_b, count(*) as matching, sum(score) as expected, sum(weight) as weight,
                   bool_or(coalesce(are_heads, false)) as are_heads
            from sorted group by all having bool_or(is_open)
        ),
        cards as (
            select household, count(*) as members,
                   coalesce(min(id) filter (kk_level = 1), min(id)) as first
            from rows group by household
        )
        select l.upload_id, l.position, r.upload_id, r.position,
               least(1.0, expected / least(a.members, b.members)) as score, weight, matching, a.members, b.members
        from pairs
        join cards a on a.household = household_a join cards b on b.household = household_b
        join rows l on l.id = a.first join rows r on r.id = b.first
        where (matching >= 2 or (are_heads and least(a.members, b.members) = 1))
          and expected / least(a.members, b.members) >= {LEAST_OVERLAP}
        order by score desc, weight desc, household_a, household_b
        """
    )
    while batch := cursor.fetchmany(_BATCH):
        for left_upload, left_position, right_upload, right_position, score, weight, matching, left, right in batch:
            yield FoundPair(
                "family",
                (left_upload, left_position),
                (right_upload, right_position),
                score,
                weight,
                {"anggota_cocok": matching, "anggota_kiri": left, "anggota_kanan": right},
            )
