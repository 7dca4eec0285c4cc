"""Great Expectations judges batches of uploads: one run per register and stage, however many files there are."""

from __future__ import annotations

import logging
import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from entas.registers.reading import FINDING_COLUMNS, FileReading, RegisterReading, no_findings
from entas.registers.schema import REGISTERS
from entas.validation import broken
from entas.validation.repeats import OTHER_PERSON, STAGE_COLUMNS
from entas.validation.rules import STAGES, Rule, rules

K = TypeVar("K", bound=Hashable)

#: Columns of the check results.
CHECK_COLUMNS = ("key", "register", "rule_id", "severity", "rows_checked", "rows_failed")

_RESULT_FORMAT = {"result_format": "COMPLETE", "return_unexpected_index_query": False}


def validate(readings: Mapping[K, FileReading]) -> tuple[dict[K, FileReading], pd.DataFrame]:
    """Judge files by the rules of expectations/*.yaml.

    Args:
        readings: files by any key. Those with an error come back as they are.

    Returns:
        The readings with findings, and with the NIK emptied on rows whose NIK an earlier row of another person has;
        and the check results: key, register, rule_id, severity, rows_checked, rows_failed, one row for each file,
        register in it and rule, passes included. rows_checked counts the rows to which the rule applies (birth date
        against NIK, for example, only where both can be read).

    Raises:
        RuntimeError: GX could not judge a rule: the rule file and the prepared columns do not fit.
    """
    judged: dict[K, dict[str, RegisterReading]] = {
        key: dict(reading.registers) for key, reading in readings.items() if reading.error is None
    }
    checks: list[pd.DataFrame] = []
    for register in REGISTERS:
        keys = [key for key, registers in judged.items() if register in registers]
        if not keys:
            continue
        done, results = _judge_register(register, [judged[key][register] for key in keys])
        for key, reading in zip(keys, done, strict=True):
            judged[key][register] = reading
        results["key"] = pd.Series([keys[number] for number in results["key"]], dtype="object")
        checks.append(results)
    table = (
        pd.concat(checks, ignore_index=True)[list(CHECK_COLUMNS)]
        if checks
        else pd.DataFrame({name: pd.Series(dtype="object") for name in CHECK_COLUMNS})
    )
    return {
        key: replace(reading, registers=judged[key]) if key in judged else reading for key, reading in readings.items()
    }, table


@dataclass
class _Failures:
    """Rows of the batch (ascending) that failed a rule, and the prepared columns that its sentence needs."""

    rule: Rule
    rows: np.ndarray
    details: dict[str, pd.Series]


def _judge_register(register: str, readings: Sequence[RegisterReading]) -> tuple[list[RegisterReading], pd.DataFrame]:
    """One register of many files; `key` in the results is the number of the file."""
    sizes = [len(reading.rows) for reading in readings]
    owner = np.repeat(np.arange(len(readings)), sizes)
    loaded = np.ones(len(owner), dtype=bool)
    failures: list[_Failures] = []
    checks: list[tuple[Rule, np.ndarray, np.ndarray]] = []
    ours = [rule for rule in rules(register) if rule.query is None]
    without_nik = np.zeros(len(owner), dtype=bool)
    named = {name for rule in ours for name in (*rule.domain, *rule.placeholders)}
    prepared = _stacked([r.prepared for r in readings], [name for name in readings[0].prepared if name in named])
    for stage in STAGES:
        mine = [rule for rule in ours if rule.stage == stage]
        if not mine:
            continue
        frame = prepared
        if stage != "rows":
            make, columns = STAGE_COLUMNS[register, stage]
            rows = _stacked([reading.rows for reading in readings], columns)
            rows["key"] = owner
            frame = make(rows, pd.Series(loaded, index=rows.index))
            if "nik_repeat" in frame:
                without_nik = (frame["nik_repeat"] == OTHER_PERSON).fillna(False).to_numpy(dtype=bool)
        for rule, failed in zip(mine, _failed_rows(register, frame, mine), strict=True):
            applies = frame[list(rule.domain)].notna().all(axis=1).to_numpy()
            checks.append(
                (
                    rule,
                    np.bincount(owner[applies], minlength=len(readings)),
                    np.bincount(owner[failed], minlength=len(readings)),
                )
            )
            if rule.severity == "info" or not len(failed):
                continue
            details = {
                name: (frame if name in frame else prepared)[name].iloc[failed].reset_index(drop=True)
                for name in set(rule.placeholders) - {"value"}
            }
            failures.append(_Failures(rule, failed, details))
            if rule.severity == "critical":
                loaded[failed] = False
    return _with_findings(readings, sizes, failures, without_nik), pd.DataFrame(
        {
            "key": np.tile(np.arange(len(readings)), len(checks)),
            "register": register,
            "rule_id": np.repeat([rule.rule_id for rule, _, _ in checks], len(readings)),
            "severity": np.repeat([rule.severity for rule, _, _ in checks], len(readings)),
            "rows_checked": np.concatenate([checked for _, checked, _ in checks]),
            "rows_failed": np.concatenate([failed for _, _, failed in checks]),
        }
    )


def _stacked(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of the files' frames, one under the other, numbered from 0."""
    # whole frames are joined: taking the columns out of hundreds of small ones first costs ten times as much
    return pd.concat(frames, ignore_index=True)[list(columns)]


def _failed_rows(register: str, frame: pd.DataFrame, judged: Sequence[Rule]) -> list[np.ndarray]:
    """For each rule the rows of the frame that GX finds unexpected, ascending."""
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = (
        context.data_sources.add_pandas("uploads")
        .add_dataframe_asset(register)
        .add_batch_definition_whole_dataframe("batch")
        .get_batch(batch_parameters={"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name=register, expectations=[rule.expectation() for rule in judged])
    result = batch.validate(suite, result_format=_RESULT_FORMAT)
    found: dict[str, np.ndarray] = {}
    for one in result.results:
        rule_id = one.expectation_config.meta["rule_id"]
        if "unexpected_index_list" not in one.result:
            raise RuntimeError(
                f"{rule_id} cannot be judged; expectations/{register}.yaml: {_reason(one.exception_info)}"
            )
        found[rule_id] = np.sort(np.array(one.result["unexpected_index_list"], dtype="int64"))
    return [found[rule.rule_id] for rule in judged]


def _great_expectations() -> Any:
    """GX, imported at first use (seconds) with its usage statistics switched off."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    # It tells of every context it makes; a batch makes several.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    return great_expectations


def _reason(exception_info: Any) -> str:
    """The messages in GX's report of a failure, which is nested by metric."""
    if not isinstance(exception_info, Mapping):
        return str(exception_info)
    if "exception_message" in exception_info:
        return str(exception_info["exception_message"])
    return "; ".join(dict.fromkeys(_reason(one) for one in exception_info.values()))


def _with_findings(
    readings: Sequence[RegisterReading], sizes: Sequence[int], failures: Sequence[_Failures], without_nik: np.ndarray
) -> list[RegisterReading]:
    """Each file with its findings, by row and then in the order of the rules."""
    ends = np.cumsum(sizes)
    starts = ends - sizes
    columns = dict.fromkeys(failure.rule.column for failure in failures if failure.rule.column)
    cells = _stacked([reading.cells for reading in readings], list(columns))
    failed_formulas = _broken_cells(readings, starts)
    table = no_findings()
    if failures:
        table = pd.concat([_findings(failure, cells, failed_formulas) for failure in failures], ignore_index=True)
        table = table.sort_values("position", kind="stable", ignore_index=True)
    places = table["position"].to_numpy(dtype="int64")
    owner = np.searchsorted(ends, places, side="right")
    table["position"] = places - starts[owner] if len(places) else places
    cuts = np.searchsorted(places, np.append(starts, len(without_nik)))
    done: list[RegisterReading] = []
    for reading, start, end, low, high in zip(readings, starts, ends, cuts[:-1], cuts[1:], strict=True):
        rows = reading.rows
        pending = without_nik[start:end]
        if pending.any():
            rows = rows.copy()
            rows.loc[pending, "nik"] = pd.NA
        done.append(replace(reading, rows=rows, findings=table.iloc[low:high].reset_index(drop=True)))
    return done


def _broken_cells(readings: Sequence[RegisterReading], starts: np.ndarray) -> dict[str, np.ndarray]:
    """Our column -> rows of the batch whose cell there is a formula that failed."""
    found: dict[str, list[int]] = {}
    for reading, start in zip(readings, starts.tolist(), strict=True):
        for column, positions in reading.broken.items():
            found.setdefault(column, []).extend(start + position for position in positions)
    return {column: np.array(positions) for column, positions in found.items()}


def _findings(failure: _Failures, cells: pd.DataFrame, failed_formulas: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Findings of one rule; `position` is the row of the batch."""
    rule = failure.rule
    values = (
        cells[rule.column].iloc[failure.rows].reset_index(drop=True)
        if rule.column
        else pd.Series(pd.NA, index=range(len(failure.rows)), dtype="string")
    )
    sentences: pd.Series | str = ""
    for number, piece in enumerate(rule.pieces()):
        if number % 2 == 0:
            sentences = sentences + piece
        else:
            texts = values.str.strip() if piece == "value" else failure.details[piece]
            sentences = sentences + texts.astype("string").fillna("")
    # Rules of later stages are about other rows than the cell's own.
    if rule.column in failed_formulas and rule.stage == "rows":
        is_broken = np.isin(failure.rows, failed_formulas[rule.column])
        if is_broken.any():
            sentences = pd.Series(sentences, index=values.index, dtype="string")
            sentences[is_broken] = broken.sentences(rule, values[is_broken])
    return pd.DataFrame(
        {
            "position": failure.rows,
            "rule_id": rule.rule_id,
            "severity": rule.severity,
            "column_name": rule.column,
            "value": values,
            "sentence": sentences,
        },
        columns=list(FINDING_COLUMNS),
    )
