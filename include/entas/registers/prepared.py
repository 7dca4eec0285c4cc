"""Columns that the rules in expectations/<register>.yaml judge, made from the parsed cells.

For each column `c` of a register:

- `c_state`: `blank`, `ok`, `unreadable`; for ids also `lost`, `not_16`, `impossible_date`, `serial_0000`;
- `c_digits` (ids): the repaired text, null when blank or lost;
- `c_number` (rupiah): the amount as a float;
- `c_day` (dates): days since 1970-01-01, to be compared with `received_day`.

Besides, for penduduk: `nik_birth` and `own_birth` (DDMMYY), `nik_sex` and `own_sex`, null unless NIK and cell can be
read; for kesejahteraan: `measures`, how many of the two amounts and desil are filled in; for bantuan and pemberdayaan:
`recipient_state` (`ok`, `lost`, `unreadable`) and the states of one id where the other is usable, `no_kk_beside_nik`
and `nik_beside_no_kk`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from entas.registers import cells
from entas.registers.schema import REGISTERS, Kind

_EPOCH = date(1970, 1, 1).toordinal()


def prepare(
    register: str,
    rows: pd.DataFrame,
    values: Mapping[str, list[Any]],
    states: Mapping[str, pd.Categorical],
    received_on: date,
    has_card_column: np.ndarray,
) -> pd.DataFrame:
    """The prepared columns of a register.

    Args:
        register: its name.
        rows: typed rows, as in `RegisterReading.rows`.
        values: column -> parsed values, for ids the repaired digits.
        states: column -> states of its cells.
        received_on: day of receipt.
        has_card_column: whether the row's sheet has a column no_kk; what it does not ask for cannot be left blank.
    """
    made: dict[str, Any] = {}
    for name, kind in REGISTERS[register].items():
        made[f"{name}_state"] = states[name]
        if kind in (Kind.CARD, Kind.NIK):
            made[f"{name}_digits"] = pd.array(values[name], dtype="string")
        elif kind is Kind.AMOUNT:
            made[f"{name}_number"] = pd.array([None if v is None else float(v) for v in values[name]], dtype="Float64")
        elif kind is Kind.DATE:
            made[f"{name}_day"] = pd.array(
                [None if v is None else v.toordinal() - _EPOCH for v in values[name]], dtype="Int32"
            )
    made["received_day"] = pd.array(np.full(len(rows), received_on.toordinal() - _EPOCH), dtype="Int32")
    if register == "penduduk":
        made.update(_nik_claims(rows))
    elif register == "kesejahteraan":
        measures = [states[name] != cells.BLANK for name in ("penghasilan_bulanan", "pengeluaran_bulanan", "desil")]
        made["measures"] = np.sum(measures, axis=0)
    elif register in ("bantuan", "pemberdayaan"):
        made.update(_recipient(states, has_card_column))
    return pd.DataFrame(made)


def _nik_claims(rows: pd.DataFrame) -> dict[str, Any]:
    """What the NIK says of birth and sex beside what the row says; both null unless both can be read."""
    nik_birth: list[str | None] = []
    own_birth: list[str | None] = []
    nik_sex: list[int | None] = []
    own_sex: list[int | None] = []
    for nik, born, sex in zip(rows["nik"].array, rows["tanggallahir"].array, rows["sex"].array, strict=True):
        if nik is pd.NA:
            birth = said_sex = None
        else:
            day = int(nik[6:8])
            said_sex = 2 if day > 40 else 1
            birth = f"{day - 40:02d}{nik[8:12]}" if day > 40 else nik[6:12]
        both = birth is not None and born is not None
        nik_birth.append(birth if both else None)
        own_birth.append(f"{born.day:02d}{born.month:02d}{born.year % 100:02d}" if both else None)
        both = said_sex is not None and sex is not pd.NA
        nik_sex.append(said_sex if both else None)
        own_sex.append(int(sex) if both else None)
    return {
        "nik_birth": pd.array(nik_birth, dtype="string"),
        "own_birth": pd.array(own_birth, dtype="string"),
        "nik_sex": pd.array(nik_sex, dtype="Int8"),
        "own_sex": pd.array(own_sex, dtype="Int8"),
    }


def _recipient(states: Mapping[str, pd.Categorical], has_card_column: np.ndarray) -> dict[str, Any]:
    card, nik = states["no_kk"], states["nik"]
    has_card, has_nik = card == cells.OK, nik == cells.OK
    lost = (card == cells.LOST) | (nik == cells.LOST)
    recipient = np.where(has_card | has_nik, cells.OK, np.where(lost, cells.LOST, cells.UNREADABLE))
    return {
        "recipient_state": pd.Categorical(recipient, dtype=card.dtype),
        "no_kk_beside_nik": pd.Series(card).where(has_nik & has_card_column).array,
        "nik_beside_no_kk": pd.Series(nik).where(has_card).array,
    }
