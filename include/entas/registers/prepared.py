"""Columns that the rules in expectations/<register>.yaml judge, made from the parsed cells.

For each column `c` of a register:

- `c_state`: `blank`, `ok`, `unreadable`; for ids also `lost`, `not_16`, `impossible_date`, `serial_0000`; null where
  the row's sheet does not have the column, so that no rule about it applies there;
- `c_digits` (ids): the repaired text, null when blank or lost;
- `c_number` (rupiah): the amount as a float;
- `c_day` (dates): days since 1970-01-01, to be compared with `received_day`.

Besides:

- penduduk: `nik_birth` and `own_birth` (DDMMYY), `nik_sex` and `own_sex`, null unless NIK and cell can be read;
- kesejahteraan: `measures`, how many of the two amounts and desil are filled in, null where the sheet has none of the
  three; and the state of nik_kepala as `nik_kepala_beside_no_kk` where the sheet has a card column, and as
  `nik_kepala_as_key` where it has none, so that the head's NIK alone tells which family it is;
- bantuan and pemberdayaan: `recipient_state` (`ok`, `lost`, `unreadable`) and the states of one id where the other is
  usable, `no_kk_beside_nik` and `nik_beside_no_kk`;
- bantuan: `nilai_due` and `tanggal_salur_due`, the states where the row's format asks for the column in every row.
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
_MEASURES = ("penghasilan_bulanan", "pengeluaran_bulanan", "desil")


def prepare(
    register: str,
    rows: pd.DataFrame,
    values: Mapping[str, list[Any]],
    states: Mapping[str, pd.Categorical],
    received_on: date,
    *,
    given: Mapping[str, np.ndarray],
    due: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """The prepared columns of a register.

    Args:
        register: its name.
        rows: typed rows, as in `RegisterReading.rows`.
        values: column -> parsed values, for ids the repaired digits.
        states: column -> states of its cells.
        received_on: day of receipt.
        given: column -> for each row whether its sheet has the column; what it does not ask for cannot be left blank.
        due: column -> for each row whether its format requires the column.
    """
    made: dict[str, Any] = {}
    for name, kind in REGISTERS[register].items():
        made[f"{name}_state"] = _where(states[name], given[name])
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
        measures = np.sum([states[name] != cells.BLANK for name in _MEASURES], axis=0)
        asked = np.any([given[name] for name in _MEASURES], axis=0)
        made["measures"] = pd.array(np.where(asked, measures, None), dtype="Int8")
        made["nik_kepala_beside_no_kk"] = _where(states["nik_kepala"], given["nik_kepala"] & given["no_kk"])
        made["nik_kepala_as_key"] = _where(states["nik_kepala"], ~given["no_kk"])
    elif register in ("bantuan", "pemberdayaan"):
        made.update(_recipient(states, given["no_kk"]))
    if register == "bantuan":
        for name in ("nilai", "tanggal_salur"):
            made[f"{name}_due"] = _where(states[name], due[name])
    return pd.DataFrame(made)


def _where(states: pd.Categorical, applies: np.ndarray) -> pd.Categorical:
    """The states of the rows to which they apply, null on the others."""
    if applies.all():
        return states
    return pd.Categorical.from_codes(np.where(applies, states.codes, -1), dtype=states.dtype)


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
        "no_kk_beside_nik": _where(card, has_nik & has_card_column),
        "nik_beside_no_kk": _where(nik, has_card),
    }
