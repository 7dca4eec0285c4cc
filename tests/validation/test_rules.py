"""The rules as they are written in expectations/*.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from entas.registers.schema import REGISTERS
from entas.validation import load_rules, rules, sql_rules

ENTRY = """
name: verifikasi
expectations:
  - type: expect_column_values_to_not_be_in_set
    kwargs: {column: no_kk_state, value_set: [blank]}
    severity: critical
    meta: {rule_id: verifikasi.a, column: no_kk, title: Isi, sentence: Isi nomor KK.}
  - type: unexpected_rows_expectation
    kwargs: {unexpected_rows_query: "select position, no_kk as value from batch"}
    severity: warning
    meta: {rule_id: verifikasi.b, column: no_kk, title: Cari, sentence: "Keluarga {value} tidak terdaftar."}
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "verifikasi.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("register", REGISTERS)
def test_every_rule_names_a_column_a_remedy_and_a_whole_sentence(register: str) -> None:
    ours = rules(register)
    assert len({rule.rule_id for rule in ours}) == len(ours) > 0
    for rule in ours:
        assert rule.rule_id.startswith(f"{register}.")
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+){2}", rule.rule_id)
        assert rule.column in REGISTERS[register]
        assert rule.sentence.endswith(".")
        assert rule.severity in ("critical", "warning")
        assert rule.title
        assert not rule.title.endswith(".")


def test_the_excel_sentences_give_the_remedy() -> None:
    lost = [rule for register in REGISTERS for rule in rules(register) if rule.rule_id.endswith("rusak_excel")]
    assert len(lost) == 12
    for rule in lost:
        assert "Teks" in rule.sentence
        assert "isi ulang" in rule.sentence


def test_sql_rules_are_kept_apart(tmp_path: Path) -> None:
    plain, sql = load_rules(write(tmp_path, ENTRY), "verifikasi")
    assert plain.query is None
    assert sql.query == "select position, no_kk as value from batch"
    assert sql.sentence.format(value="1") == "Keluarga 1 tidak terdaftar."
    for register in REGISTERS:
        assert sql_rules(register) == [rule for rule in rules(register) if rule.type == "unexpected_rows_expectation"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("severity: critical", "severity: fatal"), "severity must be one of"),
        (("title: Isi, ", ""), "meta lacks title"),
        (("column: no_kk, title: Isi", "column: no_kk, stage: later, title: Isi"), "stage must be one of"),
        (("rule_id: verifikasi.b", "rule_id: verifikasi.a"), "taken by an entry above"),
        (("unexpected_rows_query:", "query:"), "lacks unexpected_rows_query"),
    ],
)
def test_a_wrong_file_is_told_with_its_entry_and_mistake(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    assert change[0] in ENTRY
    with pytest.raises(ValueError, match=says) as caught:
        load_rules(write(tmp_path, ENTRY.replace(*change)), "verifikasi")
    assert "verifikasi.yaml, entry" in str(caught.value)


def test_there_are_rules_of_registers_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no register"):
        load_rules(write(tmp_path, ENTRY), "warga")
