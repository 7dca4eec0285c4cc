"""How two rows of a register are compared, and what each degree of agreement is worth.

A model of Fellegi and Sunter: for every comparison and each of its levels there is the probability of that level among
pairs of rows of one person (m) and among pairs of two persons (u); log2(m/u) is the weight of the level, and the sum of
the weights with the prior odds is the odds that both rows are one person. Splink scores the pairs and trains the model.

The priors below were chosen on invented registers and hold where there is too little to learn from. Where there is
enough, u is measured on random pairs, and m by expectation maximisation on pairs of rows with the same usable NIK:
those are nearly all of one person, so they tell how one person's name, birth date and parents vary from list to list.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.comparison_library import CustomComparison

#: Changes whenever what is compared, excluded or kept changes.
METHOD = "2"

#: Persons of 100 that we expect to be listed once more, whatever the size of the data.
_EXPECTED_DUPLICATES = 0.01
#: Names and dates are as rare as among so many persons, though fewer were read: two rows say nothing about frequencies.
SMALLEST_POPULATION = 100_000
#: Pairs that a prior is worth against what was learnt from pairs.
_PRIOR_PAIRS_M = 500
_PRIOR_PAIRS_U = 100_000
#: Fewer pairs with the same NIK teach nothing.
_LEAST_TRAINING_PAIRS = 200
_MOST_TRAINING_PAIRS = 200_000
#: Fewer persons make no random pairs worth measuring.
_LEAST_PERSONS_FOR_U = 20_000
_RANDOM_PAIRS = 1_000_000
_SEED = 20231005

# Splink tells of its steps, and that nobody trained what is given here; what fails it raises.
logging.getLogger("splink").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Level:
    """One degree of agreement.

    Attributes:
        name: as it stands in the evidence of a pair.
        condition: SQL over columns `x_l` and `x_r`; ELSE for the last level.
        m, u: its probability among rows of one person, and of two.
        frequency: column by whose value's frequency u is corrected: a rare name in common says more than a common one.
        rarest: the least frequency that is believed.
        share: how much of that correction counts, 0 to 1.
    """

    name: str
    condition: str
    m: float
    u: float
    frequency: str | None = None
    rarest: float | None = None
    share: float = 1.0


@dataclass(frozen=True)
class Comparison:
    """What is compared; a pair for which `unknown` holds tells nothing.

    Attributes:
        learns: whether m and u are learnt; else the priors stay.
    """

    name: str
    unknown: str
    levels: tuple[Level, ...]
    learns: bool = True


SAME, DIFFERENT = "sama", "beda"
#: Levels of `nama`, by which some pairs are taken for twins or strangers whatever else agrees.
CLOSE, SIMILAR = "nyaris_sama", "mirip"


def _either_null(column: str) -> str:
    return f"{column}_l is null or {column}_r is null"


def _relative(name: str, column: str) -> Comparison:
    """A parent or spouse. Within one card it is the card that says so, and it tells nothing."""
    return Comparison(
        name,
        f"{_either_null(column)} or household_l = household_r",
        (
            Level(SAME, f"{column}_l = {column}_r", 0.70, 2e-4, column, 1e-5),
            Level(
                SIMILAR,
                f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.92 or "
                f"(least(length({column}_l), length({column}_r)) >= 3 "
                f"and (starts_with({column}_l, {column}_r) or starts_with({column}_r, {column}_l)))",
                0.15,
                0.004,
            ),
            Level(DIFFERENT, "ELSE", 0.15, 0.9958),
        ),
    )


#: What offices write when only the year is known: 1 January, 1 July (also with day and month swapped), 31 December.
_DEFAULT_DAYS = "('0101', '0107', '0701', '1231')"
_ABBREVIATED = "(name_short_l = name_short_r and (name_abbreviated_l or name_abbreviated_r))"
_BEGINS_WITH = (
    "(least(name_words_l, name_words_r) >= 2 "
    "and (starts_with(name_key_l, name_key_r) or starts_with(name_key_r, name_key_l)))"
)

COMPARISONS = (
    Comparison(
        "nama",
        _either_null("name_key"),
        (
            Level(SAME, "name_key_l = name_key_r", 0.70, 1e-4, "name_key", 5e-6),
            Level(
                CLOSE,
                # One slip, and in a long name two. Also as written: of one the key may make two (Suherman, Usherman).
                f"{_ABBREVIATED} or {_BEGINS_WITH} or damerau_levenshtein(name_key_l, name_key_r) <= "
                "case when least(length(name_key_l), length(name_key_r)) < 5 then 0 "
                "when least(length(name_key_l), length(name_key_r)) < 16 then 1 else 2 end "
                "or (least(length(name_plain_l), length(name_plain_r)) >= 5 "
                "and damerau_levenshtein(name_plain_l, name_plain_r) <= 1)",
                0.17,
                4e-4,
                "name_key",
                5e-6,
            ),
            Level(
                SIMILAR,
                "(jaro_winkler_similarity(name_key_l, name_key_r) >= 0.86 "
                "and jaro_winkler_similarity(name_first_l, name_first_r) >= 0.8) "
                "or (name_first_l = name_first_r and least(name_words_l, name_words_r) = 1)",
                0.10,
                0.006,
                "name_first",
                2e-4,
                0.5,
            ),
            Level(DIFFERENT, "ELSE", 0.03, 0.9935),
        ),
    ),
    Comparison(
        "tanggal_lahir",
        _either_null("born"),
        (
            Level(SAME, "born_l = born_r", 0.80, 4.5e-5, "born", 2e-5),
            Level(
                "hari_dan_bulan_tertukar",
                "born_l[1:4] = born_r[1:4] and born_l[5:6] = born_r[7:8] and born_l[7:8] = born_r[5:6]",
                0.03,
                1.5e-5,
            ),
            Level("satu_angka_berbeda", "damerau_levenshtein(born_l, born_r) <= 1", 0.06, 8e-4),
            Level(
                "sebagian_sama",
                "born_l[5:8] = born_r[5:8] or born_l[1:6] = born_r[1:6] "
                "or (born_l[1:4] = born_r[1:4] and born_l[7:8] = born_r[7:8])",
                0.05,
                0.0045,
            ),
            Level(
                "tahun_sama",
                f"born_l[1:4] = born_r[1:4] and (born_l[5:8] in {_DEFAULT_DAYS} or born_r[5:8] in {_DEFAULT_DAYS})",
                0.02,
                0.001,
            ),
            Level(DIFFERENT, "ELSE", 0.04, 0.9936),
        ),
    ),
    Comparison(
        "jenis_kelamin",
        _either_null("sex"),
        (Level(SAME, "sex_l = sex_r", 0.985, 0.5), Level(DIFFERENT, "ELSE", 0.015, 0.5)),
    ),
    Comparison(
        "tempat_lahir",
        _either_null("birthplace"),
        (
            Level(SAME, "birthplace_l = birthplace_r", 0.80, 0.4, "birthplace", 1e-3),
            Level(SIMILAR, "jaro_winkler_similarity(birthplace_l, birthplace_r) >= 0.92", 0.05, 0.01),
            Level(DIFFERENT, "ELSE", 0.15, 0.59),
        ),
    ),
    _relative("nama_ayah", "father"),
    _relative("nama_ibu", "mother"),
    _relative("nama_pasangan", "spouse"),
    # Numbers of two persons can be near each other: those of twins differ in the last digit. So nearness tells nothing.
    Comparison(
        "nik",
        _either_null("nik"),
        (
            Level(SAME, "nik_l = nik_r", 0.10, 1e-6),
            Level(SIMILAR, "nik_l[13:16] = nik_r[13:16] and damerau_levenshtein(nik_l, nik_r) <= 1", 0.05, 0.05),
            Level(DIFFERENT, "ELSE", 0.13, 0.95),
        ),
        learns=False,
    ),
    # How often somebody is listed twice in one village or in two cannot be learnt from what intake has sorted out.
    Comparison(
        "wilayah",
        "village_l is null or village_r is null",
        (
            Level("desa_sama", "village_l = village_r", 0.20, 0.0054),
            Level("kecamatan_sama", "village_l // 10000 = village_r // 10000", 0.20, 0.043),
            Level(DIFFERENT, "ELSE", 0.60, 0.9516),
        ),
        learns=False,
    ),
)

#: Rules by which pairs are found at all: columns of `search.candidates` that two rows must share.
BLOCKS = (
    "block_nik",
    "block_name_born",
    "block_born_initial",
    "block_born_village",
    "block_name_year",
    "block_name_day",
    "block_mother",
    "block_parents",
    "block_spouse",
    "block_name_village",
)


@dataclass(frozen=True)
class Model:
    """A model with its parameters.

    Attributes:
        prior: probability that two rows taken at random are of one person.
        comparisons: with m and u as they are used.
    """

    prior: float
    comparisons: tuple[Comparison, ...] = COMPARISONS

    def to_dict(self) -> dict[str, Any]:
        """Parameters for the record: prior, and [m, u] by comparison and level."""
        return {
            "prior": self.prior,
            **{one.name: {level.name: [level.m, level.u] for level in one.levels} for one in self.comparisons},
        }

    @property
    def version(self) -> str:
        """Version of the method and digest of the parameters."""
        digest = hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()
        return f"{METHOD}-{digest[:10]}"

    def settings(self, **more: Any) -> SettingsCreator:
        """As Splink reads it; `more` are other settings of Splink's."""
        return SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="id",
            probability_two_random_records_match=self.prior,
            comparisons=[_for_splink(one) for one in self.comparisons],
            # Ids of Splink's own making would differ from run to run.
            linker_uid="entas",
            **more,
        )


def prior_model(persons: int) -> Model:
    """The model for so many persons before anything was learnt."""
    return Model(_significant(2 * _EXPECTED_DUPLICATES / (max(persons, SMALLEST_POPULATION) - 1)))


def _for_splink(one: Comparison) -> CustomComparison:
    levels: list[dict[str, Any]] = [
        {"sql_condition": one.unknown, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for level in one.levels:
        made: dict[str, Any] = {
            "sql_condition": level.condition,
            "label_for_charts": level.name,
            "m_probability": level.m,
            "u_probability": level.u,
        }
        if level.frequency:
            made |= {
                "tf_adjustment_column": level.frequency,
                "tf_adjustment_weight": level.share,
                "tf_minimum_u_value": level.rarest,
            }
            if level.frequency != one.levels[0].frequency:
                made["disable_tf_exact_match_detection"] = True
        levels.append(made)
    return CustomComparison(output_column_name=one.name, comparison_levels=levels)


def frequency_columns(model: Model) -> list[str]:
    """Columns whose values' frequencies the model uses."""
    return sorted({level.frequency for one in model.comparisons for level in one.levels if level.frequency})


def make_linker(api: DuckDBAPI, table: str, model: Model, frequencies: Mapping[str, str], **more: Any) -> Linker:
    """A Splink linker over a table, which says nothing and takes the frequencies of these tables (column -> table)."""
    linker = Linker(api.register(table), model.settings(**more), log_level=None)
    for column, name in frequencies.items():
        linker.table_management.register_term_frequency_lookup(api.table_to_splink_dataframe(name, name), column)
    return linker


def train(connection: duckdb.DuckDBPyConnection, model: Model, *, persons: str, same_nik: str) -> Model:
    """The model with what these tables teach; without enough of it, the model as it is.

    Args:
        connection: where the tables are.
        persons: table of rows, for u.
        same_nik: table of the rows whose NIK another row has, for m.
    """
    learnt = tuple(one for one in model.comparisons if one.learns)
    [(count,)] = connection.execute(f"select count(*) from {persons}").fetchall()
    us = _random_pairs(connection, replace(model, comparisons=learnt), persons) if count >= _LEAST_PERSONS_FOR_U else {}
    model = replace(model, comparisons=tuple(_with(one, u=us.get(one.name)) for one in model.comparisons))
    ms = _same_persons(connection, model, same_nik)
    return replace(model, comparisons=tuple(_with(one, m=ms.get(one.name)) for one in model.comparisons))


#: For a comparison: how many pairs told something, and the share of each level among them.
_Shares = tuple[float, dict[str, float]]


def _with(one: Comparison, m: _Shares | None = None, u: _Shares | None = None) -> Comparison:
    """The comparison with its priors as worth so many pairs, beside the pairs that were seen."""
    levels = one.levels
    for name, seen, weight in (("m", m, _PRIOR_PAIRS_M), ("u", u, _PRIOR_PAIRS_U)):
        if seen is None:
            continue
        pairs, shares = seen
        levels = tuple(
            replace(
                level,
                **{
                    name: _significant(
                        (weight * getattr(level, name) + pairs * shares.get(level.name, 0.0)) / (weight + pairs)
                    )
                },
            )
            for level in levels
        )
    return replace(one, levels=levels)


def _significant(value: float) -> float:
    """Five digits: what sums in another order leave behind is cut off, and equal data gives equal scores."""
    return float(f"{value:.5g}")


def _random_pairs(connection: duckdb.DuckDBPyConnection, model: Model, table: str) -> dict[str, _Shares]:
    linker = make_linker(DuckDBAPI(connection), table, model, {})
    linker.training.estimate_u_using_random_sampling(
        max_pairs=_RANDOM_PAIRS, seed=_SEED, min_count_per_level=None, num_chunks=1
    )
    [known] = connection.execute(
        "select " + ", ".join(f"avg(({_known_alone(one)})::int) ** 2" for one in model.comparisons) + f" from {table}"
    ).fetchall()
    return {
        one.name: (_RANDOM_PAIRS * float(share or 0), _probabilities(linker, one.name, "u_probability"))
        for one, share in zip(model.comparisons, known, strict=True)
    }


def _known_alone(one: Comparison) -> str:
    """Whether a row has what the comparison compares."""
    return f"{one.unknown.split('_l is null', 1)[0]} is not null"


def _same_persons(connection: duckdb.DuckDBPyConnection, model: Model, table: str) -> dict[str, _Shares]:
    learnt = tuple(one for one in model.comparisons if one.learns)
    columns = sorted({column for one in learnt for column in (_known_alone(one).split()[0],)} | {"household"})
    [pairs] = connection.execute(
        "select count(*), "
        + ", ".join(f"count(*) filter (not ({one.unknown}))" for one in learnt)
        + " from (select "
        + ", ".join(f"l.{column} as {column}_l, r.{column} as {column}_r" for column in columns)
        + f" from {table} l join {table} r on l.nik = r.nik and l.id < r.id)"
    ).fetchall()
    if pairs[0] < _LEAST_TRAINING_PAIRS:
        return {}
    # Most of these pairs are of one person; the others are a NIK that was mistyped into somebody else's.
    start = replace(model, prior=0.9, comparisons=learnt)
    linker = make_linker(DuckDBAPI(connection), table, start, {})
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("nik"),
        estimate_without_term_frequencies=True,
        fix_u_probabilities=True,
        max_pairs=_MOST_TRAINING_PAIRS if pairs[0] > _MOST_TRAINING_PAIRS else None,
    )
    return {
        one.name: (float(count), _probabilities(linker, one.name, "m_probability"))
        for one, count in zip(learnt, pairs[1:], strict=True)
        if count >= _LEAST_TRAINING_PAIRS
    }


def _probabilities(linker: Linker, comparison: str, which: str) -> dict[str, float]:
    """m or u by level of a trained linker; levels that were not seen are left out."""
    saved = linker.misc.save_model_to_json(out_path=None)
    [one] = [made for made in saved["comparisons"] if made["output_column_name"] == comparison]
    return {
        level["label_for_charts"]: float(level[which])
        for level in one["comparison_levels"]
        if isinstance(level.get(which), int | float) and math.isfinite(level[which])
    }
