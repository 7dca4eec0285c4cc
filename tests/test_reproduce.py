"""Released reports are made again from the archive and their manifests, and whatever is not as it was is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from entas import cli
from entas import reproduce as reproducing
from entas.errors import EntasError
from entas.intake import run_intake
from entas.intake.replay import ArchiveError
from entas.monthly import publish, report
from entas.reporting import Release
from entas.reproduce import ABSENT, DIFFERS, IDENTICAL, Difference, Reproduction, reproduce
from entas.settings import PROJECT_ROOT, Settings
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import transform
from entas.warehouse.temporary import drop_temporary, temporary_warehouse
from tests.conftest import make_settings
from tests.workbooks import families, family, no_kk, touch, write_workbook

VILLAGE, OTHER, BROKEN = "32.16.09.2003", "32.16.09.2002", "32.16.01.2001"
AUGUST, SEPTEMBER = date(2023, 8, 1), date(2023, 9, 1)


@dataclass(frozen=True)
class Office:
    """A deployment that has released August once and September twice."""

    settings: Settings
    releases: list[Release]

    def folder(self, revision: int) -> Path:
        return Path(self.settings.reports, "32.16", "2023-09", f"r{revision}")

    def manifest(self, revision: int) -> dict[str, Any]:
        return json.loads((self.folder(revision) / "manifest.json").read_text())


def _income(numbers: range, first: int = 500_000) -> list[dict[str, Any]]:
    return [{"no_kk": no_kk(n), "penghasilan_bulanan": first + n * 37_003.07} for n in numbers]


@pytest.fixture(scope="module")
def office(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Office:
    settings = make_settings(tmp_path_factory.mktemp("office"), new_database())
    inbox = Path(settings.inbox)
    write_workbook(
        inbox / VILLAGE / "2023-08" / "agustus.xlsx",
        {"penduduk": families(range(1, 9)), "kesejahteraan": _income(range(1, 9))},
    )
    paid = {"no_kk": no_kk(2), "program": "BLT", "nilai": 1_500_000, "tanggal_salur": "05/09/2023"}
    write_workbook(
        inbox / OTHER / "2023-08" / "lengkap.xlsx",
        {
            "penduduk": families(range(20, 26)),
            "verifikasi": [{"no_kk": no_kk(20), "tanggal_musyawarah": "10/08/2023", "hasil": "layak"}],
        },
    )
    write_workbook(inbox / VILLAGE / "2023-09" / "blt.xlsx", {"bantuan": [paid, paid | {"no_kk": "123"}]})
    shutil.copy(inbox / VILLAGE / "2023-08" / "agustus.xlsx", inbox / VILLAGE / "2023-08" / "salinan.xlsx")
    broken = inbox / BROKEN / "2023-09" / "rusak.xlsx"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no workbook")
    touch(broken)
    statuses = [one.status for one in run_intake(settings).uploads]
    assert sorted(statuses) == ["accepted", "accepted", "accepted_with_quarantine", "duplicate", "rejected"]
    transform(settings, data_tests=False)
    made = [publish(settings, AUGUST)[0], publish(settings, SEPTEMBER)[0]]
    # a correction of August, which restates September's opening, and a file that replaces the one of its name
    write_workbook(
        inbox / VILLAGE / "2023-08" / "perbaikan.xlsx",
        {
            "penduduk": families(range(1, 8)) + family(8, status_dasar="2"),
            "kesejahteraan": _income(range(1, 5), 90_000),
        },
    )
    write_workbook(inbox / VILLAGE / "2023-09" / "blt.xlsx", {"bantuan": [paid | {"nilai": 1_600_000}]})
    # by its name alone it is not taken for a part
    write_workbook(inbox / OTHER / "2023-08" / "lengkap.xlsx", {"penduduk": families(range(20, 22))})
    assert {one.status for one in run_intake(settings).uploads} == {"accepted"}
    transform(settings, data_tests=False)
    made.append(publish(settings, SEPTEMBER)[0])
    assert [one.revision for one in made] == [1, 1, 2]
    return Office(settings, made)


def _databases(settings: Settings) -> set[str]:
    with psycopg.connect(settings.warehouse_url) as connection:
        return {row[0] for row in connection.execute("select datname from pg_database where datname ~ 'reproduce'")}


def _project_with_policy(folder: Path, **policy: str) -> Path:
    """A checkout in which the policy is another."""
    shutil.copytree(PROJECT_ROOT / "dbt_project", folder / "dbt_project", ignore=shutil.ignore_patterns("target"))
    path = folder / "dbt_project" / "seeds" / "policy.csv"
    lines = [line.split(",") for line in path.read_text().splitlines()]
    path.write_text("\n".join(",".join([r, key, policy.get(key, value), day]) for r, key, value, day in lines) + "\n")
    return folder


def test_a_first_revision_is_made_again_under_its_own_policy(office: Office, tmp_path: Path) -> None:
    settings = replace(
        office.settings, project_root=_project_with_policy(tmp_path, strictness="inclusive", count_rule="verified_only")
    )
    steps = []
    made = reproduce(settings, SEPTEMBER, 1, lambda what, done, total: steps.append(what))
    assert made.differences == []
    assert made.agrees
    assert set(made.files.values()) == {IDENTICAL}
    assert (made.uploads, made.notes) == (4, [])  # the duplicate is none of them
    assert made.compared > 10_000
    assert {"uploads", "dbt"} <= set(steps)
    assert _databases(settings) == set()
    # what came later is as good as unknown then
    again = report(office.settings, SEPTEMBER, office.releases[1].as_of)
    assert again.content == office.manifest(1)["figures"]
    assert again.content != office.manifest(2)["figures"]


def test_a_correction_is_made_again_without_the_warehouse_that_released_it(
    office: Office, new_database: Callable[[], str]
) -> None:
    released = office.manifest(2)
    assert released["changes"]
    assert released["opening_restated"]["revision"] == 1
    lost = replace(office.settings, warehouse_url=new_database())
    made = reproduce(lost, SEPTEMBER, 2)
    assert made.differences == []
    assert set(made.files.values()) == {IDENTICAL}
    assert made.uploads == 7
    assert made.notes == ["no warehouse at hand knows this release: its manifest is checked against the report alone"]
    assert _databases(lost) == set()
    with open_warehouse(lost).connect() as connection:
        assert connection.execute("select count(*) from raw.upload").fetchone() == (0,)


def test_the_manifest_tells_all_that_is_needed_and_no_key(office: Office) -> None:
    manifest = office.manifest(2)
    assert [one["status"] for one in manifest["uploads"]] == [
        "accepted",
        "accepted",
        "accepted_with_quarantine",
        "accepted",
        "accepted",
        "accepted",
    ]
    assert [(one["village_code"], one["period"]) for one in manifest["rejected"]] == [(BROKEN, "2023-09")]
    files = {one["upload_id"]: one["file"] for one in manifest["uploads"]}
    assert len(set(files.values())) == len(files) - 2  # two replace files of their names
    assert sum(name.endswith("-lengkap") for name in files.values()) == 2
    assert "agustus" not in json.dumps(manifest)
    assert {row["key"] for row in manifest["seeds"]["policy"]} >= {"line", "basis", "strictness", "count_rule"}
    assert {row["line_id"] for row in manifest["seeds"]["poverty_lines"]} >= {"bekasi_sk_bupati"}
    assert set(manifest["code"]) == {"entas", "dbt_project", "expectations"}
    assert len(manifest["pseudonym_key"]) == 16
    assert office.settings.pseudonym_key not in json.dumps(manifest)


# --- what is not as it was -----------------------------------------------------------------------------------------


@pytest.fixture
def copy(office: Office, new_database: Callable[[], str], tmp_path: Path) -> Office:
    """The archive and the reports in other folders, where they may be damaged."""
    shutil.copytree(office.settings.archive, tmp_path / "archive")
    shutil.copytree(office.settings.reports, tmp_path / "reports")
    settings = replace(office.settings, archive=str(tmp_path / "archive"), reports=str(tmp_path / "reports"))
    return Office(settings, office.releases)


def test_archived_bytes_that_changed_are_noticed(copy: Office) -> None:
    one = copy.manifest(1)["uploads"][1]
    path = Path(copy.settings.archive, one["sha256"])
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=rf"damaged: .*upload {one['upload_id']} .*SHA-256 {one['sha256']}"):
        reproduce(copy.settings, SEPTEMBER, 1)
    assert _databases(copy.settings) == set()
    assert not list((copy.settings.home / "work").glob("reproduce-*"))


def test_archived_bytes_that_are_gone_are_named_with_what_destroyed_them(copy: Office) -> None:
    lost = copy.manifest(1)["uploads"][0]
    Path(copy.settings.archive, lost["sha256"]).unlink()
    with pytest.raises(ArchiveError, match=rf"does not hold upload {lost['upload_id']} .*{lost['sha256']}") as raised:
        reproduce(copy.settings, SEPTEMBER, 1)
    assert "privacy.destruction" not in str(raised.value)
    assert "agustus" not in str(raised.value)  # names of files are their senders'
    with open_warehouse(copy.settings).connect() as connection:
        connection.execute(
            "insert into privacy.destruction (upload_id, sha256, cause, basis, files, destroyed_by, begun_at) "
            "values (%s, %s, 'retention', 'test', '{\"archive\": 1}', 'test', now())",
            (lost["upload_id"], lost["sha256"]),
        )
    with pytest.raises(ArchiveError, match=r"destruction tells of 1: upload \d+ on \d{4}-\d\d-\d\d \(retention\)"):
        reproduce(copy.settings, SEPTEMBER, 1)


def test_a_released_file_that_changed_or_is_gone_is_noticed(copy: Office) -> None:
    pdf = copy.folder(1) / "laporan-miskin-ekstrem-32.16-2023-09-r1.pdf"
    content = pdf.read_bytes()
    pdf.write_bytes(content + b" ")
    with pytest.raises(EntasError, match=r"r1\.pdf is not what was released: its SHA-256 is"):
        reproduce(copy.settings, SEPTEMBER, 1)
    pdf.unlink()
    with pytest.raises(EntasError, match=r"r1\.pdf is gone"):
        reproduce(copy.settings, SEPTEMBER, 1)


def _alter(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(households=1), "households of manifest and report contradict"),
        (lambda told: told["uploads"].pop(), "uploads of manifest and report contradict"),
        (lambda told: told["figures"]["regency"].update(households=1), "figures and figures_sha256 contradict"),
        (lambda told: told.update(period="2023-10"), "period and the folder"),
        (lambda told: told["files"].clear(), "no manifest of a report"),
        (lambda told: told["seeds"]["policy"][0].update(value="x"), "its SHA-256 differs"),
    ],
)
def test_a_manifest_that_changed_is_noticed(
    copy: Office, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    _alter(copy.folder(1) / "manifest.json", change)
    with pytest.raises(EntasError, match=said):
        reproduce(copy.settings, SEPTEMBER, 1)


def test_a_manifest_of_an_older_version_needs_the_warehouse(copy: Office, new_database: Callable[[], str]) -> None:
    def older(told: dict[str, Any]) -> None:
        for key in ("manifest_version", "rejected", "seeds", "limits", "code", "formats", "pseudonym_key", "figures"):
            del told[key]
        told["uploads"] = [
            {key: one[key] for key in ("upload_id", "village_code", "period", "sha256")} for one in told["uploads"]
        ]

    before = copy.manifest(1)
    _alter(copy.folder(1) / "manifest.json", older)
    released = reproducing._Released("32.16/2023-09/r1", copy.manifest(1), {})
    manifest, notes = reproducing._completed(copy.settings, released)
    assert [one.upload_id for one in reproducing._receipts(manifest)] == [
        one["upload_id"] for one in (*before["uploads"], *before["rejected"])
    ]
    assert ["older version" in note for note in notes] == [True]
    with pytest.raises(EntasError, match=r"does not know upload 1 \(SHA-256"):
        reproduce(replace(copy.settings, warehouse_url=new_database()), SEPTEMBER, 1)


def test_a_release_that_is_not_there(office: Office) -> None:
    with pytest.raises(EntasError, match=r"2023-09/r9 holds no release: its manifest\.json is missing"):
        reproduce(office.settings, SEPTEMBER, 9)


def test_differences_are_found_where_they_are() -> None:
    before = {"households": 2, "districts": [{"code": "a", "n": 1}, {"code": "b", "n": 2}], "list": [1, 2], "none": []}
    after = {"households": 2.0, "districts": [{"code": "b", "n": 3}], "list": [1, 2], "none": None}
    compared, found = reproducing._compare(before, after)
    assert compared == 8
    assert found == [
        Difference("households", 2, 2.0),
        Difference("districts[a].code", "a", ABSENT),
        Difference("districts[a].n", 1, ABSENT),
        Difference("districts[b].n", 2, 3),
        Difference("none", [], None),
    ]


def test_the_command_fails_where_something_differs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Reproduction("32.16", "2023-09", 1, "reports/r1", 3, 10, [Difference("households", 1, 2)], {}, ["told"])
    monkeypatch.setattr(reproducing, "reproduce", lambda *_, **__: made)
    monkeypatch.setattr(Settings, "from_env", classmethod(lambda cls: settings))
    arguments = ["reproduce", "--period", "2023-09", "--revision", "1"]
    done = CliRunner().invoke(cli.main, arguments)
    assert done.exit_code == 1
    assert "households" in done.stdout
    assert "- told" in done.stdout
    assert "2023-09 r1 is not reproduced: 1 of 10 values differ" in done.stderr
    told = json.loads(CliRunner().invoke(cli.main, [*arguments, "--json"]).stdout)
    assert (told["agrees"], told["differences"]) == (
        False,
        [{"path": "households", "released": 1, "reproduced": 2}],
    )
    bytes_alone = replace(made, differences=[], files={"a.pdf": DIFFERS, "a.csv": IDENTICAL})
    assert bytes_alone.verdict.endswith("the same versions made other bytes of a.pdf")
    monkeypatch.setattr(reproducing, "reproduce", lambda *_, **__: replace(made, differences=[]))
    assert CliRunner().invoke(cli.main, arguments).exit_code == 0


def test_what_a_killed_run_left_is_dropped_and_what_is_in_use_is_not(settings: Settings) -> None:
    with temporary_warehouse(settings) as url:
        in_use = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        copies = settings.home / "work" / "reproduce-1"
        copies.mkdir(parents=True)
        assert drop_temporary(settings) == []
        assert _databases(settings) >= {in_use}
        assert copies.exists()
    left = in_use[:-8] + "0123abcd"
    with psycopg.connect(settings.warehouse_url, autocommit=True) as connection:
        connection.execute(f"create database {left}")
    assert drop_temporary(settings) == [left]
    assert not copies.exists()
    assert not _databases(settings) & {in_use, left}
