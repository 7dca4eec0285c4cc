"""The command line: what a person and a program get, and the exit codes (design, section 9)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entas.cli import main
from entas.settings import Settings
from tests.workbooks import families, no_kk, write_workbook

VILLAGE = "32.16.09.2003"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `entas ...` in this process, over the test's own deployment."""
    monkeypatch.setenv("ENTAS_HOME", str(settings.home))
    monkeypatch.setenv("ENTAS_WAREHOUSE_URL", settings.warehouse_url)
    monkeypatch.setenv("ENTAS_PSEUDONYM_KEY", settings.pseudonym_key)

    def command(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["entas", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return command


def _upload(
    settings: Settings, name: str, *, income: int, numbers: range = range(1, 4), period: str = "2023-08"
) -> None:
    write_workbook(
        Path(settings.inbox) / VILLAGE / period / name,
        {
            "penduduk": families(numbers),
            "kesejahteraan": [{"no_kk": no_kk(n), "penghasilan_bulanan": income * n} for n in numbers],
        },
    )


def test_from_an_upload_to_a_corrected_report(run: Run, settings: Settings) -> None:
    held = run("publish", "--period", "2023-08")
    assert held.code == 3
    assert "entas transform" in held.err

    # Two persons a family: 322,170 each is the line, so families 1 and 2 of 3 are below it.
    _upload(settings, "a.xlsx", income=300_000)
    taken = run("intake", "--json")
    assert taken.code == 0
    assert [one["status"] for one in taken.json["uploads"]] == ["accepted"]
    assert run("intake").out == "No new uploads.\n"
    built = run("transform", "--json")
    assert built.json == {"months": [{"period": "2023-08", "households": 2, "persons": 4}]}

    month = run("completeness", "--period", "2023-08", "--json").json
    assert month["due_before"] == "2023-09-05T00:00:00+07:00"
    assert {key: month["regency"][key] for key in ("villages", "sent", "late", "missing")} == {
        "villages": 187, "sent": 1, "late": 1, "missing": 186
    }  # fmt: skip
    (late,) = (one for one in month["villages"] if one["village_code"] == VILLAGE)
    assert (late["status"], late["rows_read"], late["quarantine_rate"]) == ("late", 9, 0)
    assert month["villages"][-1] == late, "worst first"
    assert month["districts"][-1]["area_code"] == VILLAGE[:8]
    shown = run("completeness", "--period", "2023-08")
    assert shown.out.endswith("2023-08: 1 of 187 villages sent, 1 of them late; 186 missing, 0 of them rejected\n")
    assert (shown.code, shown.err) == (0, "")
    assert run("completeness", "--period", "2023-07").code == 1

    report = run("report", "--period", "2023-08", "--json").json
    assert (report["households"], report["persons"], report["status"]) == (2, 4, "provisional")
    first = run("publish", "--period", "2023-08", "--json").json
    assert (first["revision"], first["created"], first["households"]) == (1, True, 2)
    again = run("publish", "--period", "2023-08", "--json").json
    assert (again["revision"], again["created"]) == (1, False)
    assert [one["created"] for one in again["deliveries"]] == [False] * len(first["deliveries"])
    folder = Path(settings.reports) / "32.16" / "2023-08"
    released = {path.name: path.read_bytes() for path in (folder / "r1").iterdir()}
    known = run("sql", "--csv", "-c", "select max(received_at) from raw.upload").out.split("\n")[1]

    _upload(settings, "b.xlsx", income=400_000)
    assert run("intake").code == 0
    behind = run("report", "--period", "2023-08")
    assert behind.code == 3, "the marts do not know the correction yet"
    assert f"1 village has files that the marts do not know yet ({VILLAGE})" in run(
        "completeness", "--period", "2023-08"
    ).err  # fmt: skip
    assert run("transform").code == 0
    second = run("publish", "--period", "2023-08", "--json").json
    assert (second["revision"], second["created"], second["households"]) == (2, True, 1)
    assert {path.name: path.read_bytes() for path in (folder / "r1").iterdir()} == released
    before = run("report", "--period", "2023-08", "--as-of", known, "--json").json
    assert (before["revision"], before["households"]) == (1, 2)
    assert "asof" not in run("sql", "--csv", "-c", "select nspname from pg_namespace").out

    told = run("explain", "--period", "2023-08", "--kk", no_kk(1))
    assert told.code == 0
    assert "Rp" in told.out
    carried = run("report", "--period", "2023-10", "--json").json
    assert (carried["period"], carried["households"]) == ("2023-10", 1)


def test_strict_tells_scripts_that_an_upload_was_rejected(run: Run, settings: Settings) -> None:
    bad = Path(settings.inbox) / VILLAGE / "2023-08" / "bad.xlsx"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"no workbook")
    strict = run("intake", "--strict")
    assert strict.code == 3
    assert "rejected" in strict.out
    bad.write_bytes(b"no workbook either")
    assert run("intake").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["report", "--period", "2023-13"],
        ["report", "--period", "2023-08", "--as-of", "yesterday"],
        ["explain", "--period", "2023-08"],
        ["explain", "--period", "2023-08", "--kk", "1", "--household", "2"],
        ["intake", "--village", "33.01.01.2001"],
        ["template", "--village", "33.01.01.2001", "--period", "2023-08", "--output", "x.xlsx"],
        ["sql", "--role", "king"],
        ["sql", "-c", "select 1", "-f", __file__],
        ["sql", "-c", "select 1", "--force"],
        ["sql", "-c", "select 1", "--csv", "--output", "x.csv"],
        ["sql", "-c", "select 1", "--output", "x.doc"],
        ["no-such-command"],
    ],
)
def test_wrong_usage_is_2_and_says_why(run: Run, arguments: list[str]) -> None:
    said = run(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.strip()


def test_an_error_is_one_line_unless_debug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = run("sql", "-c", "select * from nowhere")
    assert wrong.code == 1
    assert wrong.err.startswith("entas: ")
    assert wrong.err.count("\n") == 1
    monkeypatch.setenv("ENTAS_WAREHOUSE_URL", "postgresql://nobody@127.0.0.1:1/none")
    gone = run("transform")
    assert (gone.code, gone.err.count("\n")) == (1, 1)
    assert "ENTAS_WAREHOUSE_URL" in gone.err
    monkeypatch.setenv("ENTAS_WAREHOUSE_URL", "mysql://x")
    assert run("transform").code == 1


def test_sql_prints_as_it_is_asked(run: Run) -> None:
    query = "select 1 as n, true as yes, array[1, 2] as list, null as nothing, 'a,b' as text"
    assert run("sql", "--csv", "-c", query).out == 'n,yes,list,nothing,text\n1,t,"{1,2}",,"a,b"\n'
    assert run("sql", "--json", "-c", query).json == [
        {"n": 1, "yes": True, "list": [1, 2], "nothing": None, "text": "a,b"}
    ]
    assert "(1 row)\n" in run("sql", "-c", query).out
    assert run("sql", "--csv", "-c", "select current_user").out == "current_user\nentas_pipeline\n"


def test_sql_writes_a_file(run: Run, tmp_path: Path) -> None:
    query, output = tmp_path / "query.sql", tmp_path / "answer.csv"
    query.write_text("\ufeffselect n from generate_series(1, 3) as n;\n", encoding="utf-8")
    assert run("sql", "-f", str(query), "--csv").out == "n\n1\n2\n3\n"
    said = run("sql", "-f", str(query), "--output", str(output))
    assert (said.code, said.out.split(",")[0]) == (0, f"Wrote {output}: 3 rows of 1 column")
    assert output.read_text(encoding="utf-8-sig") == "n\n1\n2\n3\n"
    again = run("sql", "-f", str(query), "--output", str(output))
    assert (again.code, "--force" in again.err) == (2, True)
    told = run("sql", "-f", str(query), "--output", str(output), "--force", "--json").json
    assert {key: told[key] for key in ("output", "format", "rows", "columns")} == {
        "output": str(output), "format": "csv", "rows": 3, "columns": [{"name": "n", "type": "int4"}]
    }  # fmt: skip


def test_other_roles_need_their_own_login_on_a_warehouse_that_is_not_embedded(run: Run) -> None:
    said = run("sql", "--role", "analyst", "-c", "select 1")
    assert said.code == 1
    assert "ENTAS_ANALYST_PASSWORD" in said.err


def test_possible_duplicates_are_found_and_judged(run: Run, settings: Settings) -> None:
    persons = [
        row | {"nik": None, "nama": name}
        for card in (1, 2)
        for row, name in zip(families([card]), ("SAEFUL ANWAR", "DADANG KOSASIH"), strict=True)
    ]
    write_workbook(Path(settings.inbox) / VILLAGE / "2023-08" / "a.xlsx", {"penduduk": persons})
    assert run("intake", "--strict").code == 0
    found = run("duplicates", "--period", "2023-08", "--json")
    assert found.code == 0
    assert (found.json["person_pairs"], found.json["family_pairs"], found.json["workbooks"]) == (2, 1, 2)
    assert "pairs of persons" in run("duplicates", "--period", "2023-08").out
    pair = run(
        "sql", "-c", "select pair_id from quality.possible_duplicate where kind = 'family'", "--csv"
    ).out.split()[1]
    judged = run("duplicates", "--judge", pair, "berbeda", "--note", "two families", "--json")
    assert (judged.json["pair"], judged.json["decision"]) == (pair, "berbeda")
    assert run("duplicates", "--judge", "0000", "sama").code == 2
    for wrong in ((), ("--period", "2023-08", "--judge", pair, "sama"), ("--period", "2023-08", "--note", "x"),
                  ("--judge", pair, "mungkin")):  # fmt: skip
        assert run("duplicates", *wrong).code == 2


def test_a_family_is_looked_up_by_who_may(run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTAS_STEWARD_PASSWORD", "not asked for")
    _upload(settings, "a.xlsx", income=300_000)
    assert run("intake").code == 0
    looked = ("identity", "--kk", no_kk(1), "--reason", "kunjungan verifikasi")
    seen = run(*looked)
    assert seen.code == 0
    assert no_kk(1) in seen.out
    assert "kepala keluarga" in seen.out
    assert "  anak  " in seen.out
    assert "Penelusuran ini dicatat dengan nomor 1." in seen.out
    refused = run("identity", "--kk", no_kk(1), "--reason", " ")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "entas: say for what reason these families are looked up\n"
    assert run("identity", "--reason", "kunjungan").code == 2

    made = run("stewards", "add", "psm_babelan", "--district", "32.16.01", "--json")
    assert made.code == 0
    assert len(made.json["password"]) > 20
    assert run(*looked, "--role", "psm_babelan", "--json").json == {"ticket": 2, "members": []}
    assert "tidak tercatat" in run(*looked, "--role", "psm_babelan").out
    monkeypatch.setenv("A_PASSWORD", "from the environment")
    assert run("stewards", "add", "psm_babelan", "--regency", "--password-env", "A_PASSWORD").code == 0
    members = run(*looked, "--role", "psm_babelan", "--json").json["members"]
    assert [one["no_kk"] for one in members] == [no_kk(1)] * 2
    assert {one["name"] for one in run("stewards", "list", "--json").json} == {"entas_steward", "psm_babelan"}
    assert "whole regency" in run("stewards", "list").out
    assert run("stewards", "add", "psm_babelan").code == 2
    assert run("stewards", "add", "entas_mine", "--regency").code == 2
    assert run("stewards", "remove", "psm_babelan").out == "psm_babelan is removed.\n"
    assert run("stewards", "remove", "psm_babelan").code == 2
