"""Whether a file's area columns name the village of the folder it lay in (design, section 4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from entas.areas import Village
from entas.registers.cells import fold, means_nothing, tidy, written

_DOTTED = re.compile(r"(?<!\d)(\d{2}\.\d{2}\.\d{2}\.\d{4})(?!\d)", re.ASCII)
# Kemendagri's last four digits begin with 1 (kelurahan) or 2 (desa); a BPS code of ten digits is another numbering
# and says nothing here.
_PLAIN = re.compile(r"(?<!\d)(\d{6}[12]\d{3})(?!\d)", re.ASCII)
_KIND = re.compile(r"^(?:desa|kelurahan|kel\.?|ds\.?)\s+", re.IGNORECASE)


class AreaCount:
    """Counts the rows of a file that name the folder's village, and those that name another."""

    def __init__(self, village: Village) -> None:
        self._village = village
        self._digits = village.village_code.replace(".", "")
        self._names = {fold(village.village_name)}
        self._filled = 0
        self._others: Counter[str] = Counter()

    def add(self, codes: Sequence[Any], names: Sequence[Any]) -> None:
        """Count rows by the cells of their code and name columns; a code decides before a name."""
        for (code, name), count in Counter(zip(map(_text, codes), map(_text, names), strict=True)).items():
            if not code and not name:
                continue
            self._filled += count
            other = self._other(code, name)
            if other:
                self._others[other] += count

    def names_another(self) -> bool:
        """Whether more than half of the rows that name a village name another."""
        return 2 * sum(self._others.values()) > self._filled

    def reason(self) -> str:
        """Why the file is refused."""
        other, _ = self._others.most_common(1)[0]
        return (
            f"Kolom wilayah pada sebagian besar baris menyebut {other}, bukan {self._village.village_name} "
            f"({self._village.village_code}). Pindahkan berkas ke folder desa yang benar, atau perbaiki kolom "
            "wilayahnya."
        )

    def _other(self, code: str, name: str) -> str | None:
        """The other village that a row names, or None."""
        for text in (code, name):
            match = _DOTTED.search(text) or _PLAIN.search(text)
            if match:
                return None if match[1].replace(".", "") == self._digits else tidy(text)
        bare = _KIND.sub("", tidy(name))
        if not bare or fold(bare).isdigit():
            return None
        return None if fold(bare) in self._names or fold(name) in self._names else tidy(name)


def _text(cell: Any) -> str:
    return "" if means_nothing(cell) else written(cell) or ""
