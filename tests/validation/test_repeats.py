"""Repeats and heads, judged for whole batches at once, against the rules followed row by row."""

from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from entas.validation.repeats import living_heads, repeated_families, repeated_niks


def by_upload(rows: list[tuple]) -> list[tuple]:
    """Rows of one upload stand together, in their order."""
    return sorted(rows, key=lambda row: row[0])


persons = st.lists(
    st.tuples(
        st.integers(0, 2),  # upload
        st.sampled_from([None, "3216091708850001", "3216091708850002"]),
        st.sampled_from(["SITI", "siti", "BUDI", None]),
        st.sampled_from([None, date(1985, 8, 17), date(1986, 8, 17)]),
        st.booleans(),  # loaded so far
    ),
    max_size=25,
).map(by_upload)

families = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([None, "3216090101200001", "3216090101200002"]),
        st.sampled_from([1, 4, None]),
        st.sampled_from([1, 2, 3, None]),
        st.booleans(),
        st.sampled_from([None, "3216091708850001", "3216091708850002"]),  # NIK of the head
    ),
    max_size=25,
).map(by_upload)


def placed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a sheet and a row number for each row."""
    frame["sheet"] = pd.Series("S", index=frame.index, dtype="string")
    frame["row_number"] = frame.index + 2
    return frame


def text(values: list) -> pd.Series:
    return pd.Series(values, dtype="string")


@given(persons)
def test_niks_again(rows: list[tuple]) -> None:
    keys, niks, names, born, loaded = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])
    expected: list[tuple[str | None, int | None]] = []
    for number, (key, nik, name, day, in_) in enumerate(rows):
        if not in_ or nik is None:
            expected.append((None, None))
            continue
        # rows loaded before with this NIK: those that no rule has taken, here or before
        earlier = [
            other
            for other in range(number)
            if rows[other][:2] == (key, nik) and rows[other][4] and expected[other][0] != "same_row"
        ]
        twins = [o for o in earlier if ((rows[o][2] or "").upper(), rows[o][3]) == ((name or "").upper(), day)]
        if not earlier:
            expected.append(("first", None))
        elif twins:
            expected.append(("same_row", twins[0]))
        else:
            expected.append(("other_person", earlier[0]))
    frame = placed(
        pd.DataFrame(
            {
                "key": pd.Series(keys, dtype="int64"),
                "nik": text(niks),
                "nama": text(names),
                "tanggallahir": pd.Series(born, dtype="object"),
            }
        )
    )
    found = repeated_niks(frame, pd.Series(loaded, dtype="bool"))
    assert [None if pd.isna(one) else one for one in found["nik_repeat"]] == [one for one, _ in expected]
    assert [None if pd.isna(one) else one for one in found["earlier"]] == [
        None if row is None else f'baris {row + 2} pada lembar "S"' for _, row in expected
    ]


@given(families)
def test_families_again_and_their_heads(rows: list[tuple]) -> None:
    keys, cards, levels, statuses, loaded, niks = map(list, zip(*rows, strict=True)) if rows else ([],) * 6
    again: list[tuple[str | None, int | None]] = []
    head_again: list[tuple[str | None, int | None]] = []
    heads: list[int | None] = []
    for number, (key, card, _, _, in_, nik) in enumerate(rows):
        # rows without a card number are of one family when they have the same head
        same = [o for o, row in enumerate(rows) if row[:2] == (key, None) and row[4] and row[5] == nik]
        if not in_ or card is not None or nik is None:
            head_again.append((None, None))
        else:
            head_again.append(("first", None) if same[0] == number else ("again", same[0]))
        mine = [other for other, row in enumerate(rows) if row[:2] == (key, card) and row[4]]
        if not in_ or card is None:
            again.append((None, None))
            heads.append(None)
        elif mine[0] == number:
            again.append(("first", None))
            heads.append(sum(1 for other in mine if rows[other][2] == 1 and rows[other][3] in (1, None)))
        else:
            again.append(("again", mine[0]))
            heads.append(None)
    frame = placed(
        pd.DataFrame(
            {
                "key": pd.Series(keys, dtype="int64"),
                "no_kk": text(cards),
                "nik_kepala": text(niks),
                "kk_level": pd.array(levels, dtype="Int16"),
                "status_dasar": pd.array(statuses, dtype="Int16"),
            }
        )
    )
    mask = pd.Series(loaded, dtype="bool")
    found = repeated_families(frame, mask)
    assert [None if pd.isna(one) else one for one in found["no_kk_repeat"]] == [one for one, _ in again]
    assert [None if pd.isna(one) else one for one in found["head_repeat"]] == [one for one, _ in head_again]
    assert [None if pd.isna(one) else one for one in found["earlier"]] == [
        None if (row := card_row if head_row is None else head_row) is None else f'baris {row + 2} pada lembar "S"'
        for (_, card_row), (_, head_row) in zip(again, head_again, strict=True)
    ]
    assert [None if pd.isna(one) else one for one in living_heads(frame, mask)["living_heads"]] == heads
