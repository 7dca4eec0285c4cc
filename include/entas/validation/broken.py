"""What an operator reads about a cell whose formula failed, instead of the rule's own sentence (Indonesian).

The rule decides as ever whether the row is loaded; but "not readable as rupiah" would send the operator looking for a
spelling mistake where a formula has to be mended.
"""

from __future__ import annotations

import pandas as pd

from entas.registers.schema import WORD_DEFAULTS
from entas.validation.rules import Rule


def sentences(rule: Rule, values: pd.Series) -> pd.Series:
    """The sentences for cells of the rule's column, which show an error (`#DIV/0!`) or are formulas (`=A1*2`)."""
    if rule.severity == "critical":
        effect = "baris ini belum dimuat"
    else:
        default = WORD_DEFAULTS.get((rule.register, rule.column or ""))
        effect = f"sel itu dimuat sebagai {default}" if default else "sel itu dimuat kosong"
    failed = (
        f"Sel kolom {rule.column} berisi rumus yang gagal dan menampilkan "
        + values
        + f", sehingga {effect}. Ketik isi yang benar langsung di sel itu, tanpa rumus, lalu unggah kembali."
    )
    not_calculated = (
        f"Sel kolom {rule.column} berisi rumus "
        + values
        + f" yang hasilnya tidak tersimpan di berkas, sehingga {effect}. Buka berkas di Excel atau LibreOffice lalu "
        "simpan kembali, atau ketik isinya langsung tanpa rumus, kemudian unggah kembali."
    )
    return failed.where(~values.str.startswith("="), not_calculated)
