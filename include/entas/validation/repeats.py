"""Prepared columns that depend on the other rows of an upload: repeats of an id, and heads of a family.

All functions take the rows of many uploads at once, told apart by `key`, in the order of the uploads' rows, and the
mask of rows that are loaded so far: a row taken by a critical rule is no earlier row to anybody.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

FIRST = "first"
SAME_ROW = "same_row"
OTHER_PERSON = "other_person"
AGAIN = "again"


def repeated_niks(rows: pd.DataFrame, loaded: pd.Series) -> pd.DataFrame:
    """`nik_repeat` (`first`, `same_row`, `other_person`, null without a usable NIK) and `earlier`, the row it repeats.

    A later row with the NIK of an earlier one is the same row when name (without case and repeated spaces) and birth
    date agree with any of them, two empty dates agreeing; else it is another person.
    """
    frame = pd.DataFrame(
        {
            "key": rows["key"],
            "nik": rows["nik"],
            "name": rows["nama"].str.upper().fillna(""),
            "born": rows["tanggallahir"],
        }
    )[loaded & rows["nik"].notna()]
    repeat = pd.Series(pd.NA, index=rows.index, dtype="string")
    earlier = pd.Series(pd.NA, index=rows.index, dtype="string")
    repeat[frame.index] = FIRST
    # few NIKs repeat: only those rows are compared
    frame = frame[frame.duplicated(["key", "nik"], keep=False)]
    if len(frame):
        frame["born"] = [day.isoformat() if pd.notna(day) else "" for day in frame["born"]]
        frame["row"] = frame.index
        holder = frame.groupby(["key", "nik"], sort=False)["row"].transform("first")
        twin = frame.groupby(["key", "nik", "name", "born"], sort=False)["row"].transform("first")
        same = twin != frame["row"]
        other = ~same & (holder != frame["row"])
        repeat[frame.index[same]] = SAME_ROW
        repeat[frame.index[other]] = OTHER_PERSON
        source = twin.where(same, holder)[same | other]
        earlier[source.index] = _places(rows, source).to_numpy()
    return pd.DataFrame({"nik_repeat": repeat, "earlier": earlier})


def repeated_families(rows: pd.DataFrame, loaded: pd.Series) -> pd.DataFrame:
    """Families that an earlier row has already, by the number that says which family a row is about.

    `no_kk_repeat` (`first`, `again`) for rows with a card number, `head_repeat` for those without, by the head's NIK;
    `earlier` is the row that has the number already.
    """
    without_card = rows["no_kk"].isna()
    columns = {
        "no_kk_repeat": rows["no_kk"].where(loaded),
        "head_repeat": rows["nik_kepala"].where(loaded & without_card),
    }
    found: dict[str, pd.Series] = {}
    earlier = pd.Series(pd.NA, index=rows.index, dtype="string")
    for name, numbers in columns.items():
        frame = pd.DataFrame({"key": rows["key"], "number": numbers})[numbers.notna()]
        repeat = found[name] = pd.Series(pd.NA, index=rows.index, dtype="string")
        repeat[frame.index] = FIRST
        frame = frame[frame.duplicated(["key", "number"], keep=False)]
        if len(frame):
            frame["row"] = frame.index
            holder = frame.groupby(["key", "number"], sort=False)["row"].transform("first")
            source = holder[holder != frame["row"]]
            repeat[source.index] = AGAIN
            earlier[source.index] = _places(rows, source).to_numpy()
    return pd.DataFrame(found | {"earlier": earlier})


def living_heads(rows: pd.DataFrame, loaded: pd.Series) -> pd.DataFrame:
    """`living_heads`: on the first loaded row of each family, how many heads (kk_level 1, alive) it has; else null."""
    heads = (rows["kk_level"] == 1).fillna(False) & (rows["status_dasar"].fillna(1) == 1)
    frame = pd.DataFrame({"key": rows["key"], "no_kk": rows["no_kk"], "head": heads.astype("int64")})[
        loaded & rows["no_kk"].notna()
    ]
    first = ~frame.duplicated(["key", "no_kk"])
    sums = frame.groupby(["key", "no_kk"], sort=False)["head"].sum()
    counts = pd.Series(pd.NA, index=rows.index, dtype="Int32")
    # groups come in the order in which families first appear, as their first rows do
    counts[frame.index[first]] = sums.to_numpy()
    return pd.DataFrame({"living_heads": counts})


def _places(rows: pd.DataFrame, source: pd.Series) -> pd.Series:
    """`baris 5 pada lembar "Penduduk"` of the rows that `source` names."""
    named = rows.loc[source]
    return "baris " + named["row_number"].astype("string") + ' pada lembar "' + named["sheet"] + '"'


#: Register and stage -> what its rules judge, and the columns of the rows that this needs.
STAGE_COLUMNS: dict[tuple[str, str], tuple[Callable[[pd.DataFrame, pd.Series], pd.DataFrame], tuple[str, ...]]] = {
    ("penduduk", "repeats"): (repeated_niks, ("nik", "nama", "tanggallahir", "sheet", "row_number")),
    ("kesejahteraan", "repeats"): (repeated_families, ("no_kk", "nik_kepala", "sheet", "row_number")),
    ("penduduk", "families"): (living_heads, ("no_kk", "kk_level", "status_dasar")),
}
