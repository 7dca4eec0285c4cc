"""What a person can ask for: to see, to correct, to erase; with a trace that holds no identity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from entas import privacy
from entas.cli import main
from entas.errors import EntasError, UsageError
from entas.housekeeping import storage
from entas.privacy import erasure, files, finishing
from entas.privacy.notices import notice_path
from entas.privacy.trace import destroyed
from entas.warehouse import open_warehouse
from tests.privacy.keeping import OTHER, PSEUDONYMS, VILLAGE, Office
from tests.workbooks import family, nik, no_kk, write_workbook

ASKED = {"reference": "470/12/2026", "requested_on": date(2026, 1, 5)}
#: All that names family 7 or its members.
FAMILY_7 = ("Kuswantini", "Jatiwaringin Lama", "titip Marhaenis", no_kk(7), nik(70), nik(71))


@pytest.fixture(autouse=True)
def builds(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Builds of the marts that are asked for; tests/privacy/test_retention.py makes a real one."""
    asked: list[bool] = []
    monkeypatch.setattr(finishing, "_built", lambda _: True)
    monkeypatch.setattr(finishing, "transform", lambda _, *, full_refresh: asked.append(full_refresh))
    return asked


def _person(office: Office, number: str) -> privacy.Subject:
    return privacy.Subject.of(office.settings, nik=number)


def _card(office: Office, number: str) -> privacy.Subject:
    return privacy.Subject.of(office.settings, no_kk=number)


def _trace(office: Office) -> str:
    """All that the trace says."""
    tables = ("request", "request_outcome", "destruction", "unfinished")
    return "\n".join(
        row[0] for table in tables for row in office.rows(f"select t::text from privacy.{table} t order by 1")
    )


def test_whoever_asks_sees_every_row_and_where_it_stands(office: Office) -> None:
    answer = privacy.find(office.settings, _person(office, nik(70)), **ASKED)
    assert answer.rows == {
        "raw.penduduk": 1, "raw.kesejahteraan": 1, "raw.bantuan": 1, "raw.pemberdayaan": 1,
        "quality.quarantined_row": 1,
    }  # fmt: skip
    first = answer.found[0]
    assert (first["village_code"], first["file_name"], first["sheet"]) == (VILLAGE, "register.xlsx", "penduduk")
    assert (first["kept"]["nama"], first["kept"]["alamat"]) == ("Kuswantini 0", "Jatiwaringin Lama")
    assert any("tanpa kartu" in str(one["kept"]) for one in answer.found)
    card = privacy.find(office.settings, _card(office, no_kk(7)), **ASKED)
    assert card.rows["raw.penduduk"] == 3  # one of them without a usable NIK
    assert card.rows["raw.verifikasi"] == 1
    assert office.rows("select kind, reference, outcome from privacy.request join privacy.request_outcome "
                       "using (request_id)") == [("access", "470/12/2026", "answered")] * 2  # fmt: skip
    assert not any(text in _trace(office) for text in FAMILY_7)


def test_a_correction_is_kept_told_and_watched(office: Office, builds: list[bool]) -> None:
    answer = privacy.correct(office.settings, _person(office, nik(10)), column="nama", value="  Sri   Rejeki ", **ASKED)
    assert answer.rows == {"raw.penduduk": 2}
    assert office.rows("select distinct nama, name_birth_key from raw.penduduk where nik = %s", nik(10)) == [
        ("Sri Rejeki", PSEUDONYMS.name_birth_key("SRI REJEKI", date(1980, 4, 11)))
    ]
    assert builds == [True]
    notice = notice_path(VILLAGE, "2023-11", 1)
    assert office.where("Sri Rejeki")["Sri Rejeki"] == ["raw.penduduk", f"feedback/{notice}"]
    assert len(office.archived()) == 5  # the files stay as they were received
    with pytest.raises(EntasError, match="reads otherwise"):
        privacy.correct(office.settings, _person(office, nik(10)), column="nama", value="Sri Rejeki", **ASKED)

    # An address changes no figure, and its card is corrected as a whole.
    privacy.correct(office.settings, _card(office, no_kk(3)), column="alamat", value="Jalan Melati", **ASKED)
    assert office.rows("select distinct alamat from raw.penduduk where no_kk = %s", no_kk(3)) == [("Jalan Melati",)]
    assert builds == [True]

    everybody = [*family(1), *family(3), *family(4)]
    _next_register(office, "2023-12", everybody)
    assert privacy.follow_up(office.settings) == {"confirmed": 0, "returned": 2}
    assert privacy.follow_up(office.settings) == {"confirmed": 0, "returned": 0}
    assert f"feedback/{notice_path(VILLAGE, '2023-12', 1)}" in office.where("Sri Rejeki")["Sri Rejeki"]
    everybody[0] |= {"nama": "SRI REJEKI"}
    _next_register(office, "2024-01", everybody)
    assert privacy.follow_up(office.settings) == {"confirmed": 1, "returned": 1}
    assert [(one["kind"], one["state"]) for one in privacy.requests(office.settings)] == [
        ("correction", "returned"), ("correction", "confirmed"),
    ]  # fmt: skip
    assert "rejeki" not in _trace(office).lower()


def _next_register(office: Office, period: str, rows: list[dict[str, Any]], village: str = VILLAGE) -> None:
    write_workbook(Path(office.settings.inbox) / village / period / "register.xlsx", {"penduduk": rows})
    assert office.take_in() == ["accepted"]


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("module", "step", "begun"),
    [
        (erasure, "_erase_in_texts", False),
        (erasure, "begin", False),
        (files, "remove", True),
        (finishing, "write_notices", True),
        (finishing, "transform", True),
        (finishing, "_write_outcome", True),
    ],
)
def test_an_erasure_that_is_killed_is_as_good_as_not_begun_or_is_finished(
    office: Office, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, begun: bool
) -> None:
    before = office.rows("select count(*), count(distinct household_id), count(distinct person_id) from raw.penduduk")
    with monkeypatch.context() as patch:
        patch.setattr(module, step, _killed)
        with pytest.raises(KeyboardInterrupt):
            privacy.erase(office.settings, _card(office, no_kk(7)), **ASKED)
    assert office.rows("select count(*) from privacy.request_outcome") == [(0,)]
    assert office.rows("select count(*) from privacy.destruction") == [(0,)]
    assert office.rows("select count(*) from privacy.request") == [(int(begun),)]
    if begun:
        assert privacy.finish(office.settings) == 1
    else:
        assert set(office.where(*FAMILY_7)) == set(FAMILY_7)
        privacy.erase(office.settings, _card(office, no_kk(7)), **ASKED)

    assert office.where(*FAMILY_7) == {}
    assert (
        office.rows("select count(*), count(distinct household_id), count(distinct person_id) from raw.penduduk")
        == before
    )
    [(household,)] = office.rows("select household_id from raw.verifikasi where tanggal_musyawarah = '2023-10-01' "
                                 "and no_kk is null")  # fmt: skip
    assert household != PSEUDONYMS.household_id(no_kk(7))
    for register, rows in (("penduduk", 3), ("kesejahteraan", 1), ("verifikasi", 1), ("bantuan", 1)):
        assert office.rows(f"select count(*) from raw.{register} where household_id = %s", household) == [(rows,)]
    assert office.rows(
        "select count(*) from raw.penduduk p join raw.bantuan using (person_id) join raw.pemberdayaan using (person_id)"
        " join raw.kesejahteraan k on k.head_person_id = p.person_id where p.household_id = %s and p.has_nik", household
    ) == [(1,)]  # fmt: skip
    # Others keep theirs, and the trace tells of what was destroyed but not of whom.
    assert office.where(no_kk(1), nik(10))[nik(10)][0] == "raw.penduduk"
    assert storage(office.settings).missing == 0
    with open_warehouse(office.settings).connect() as connection:
        assert set(destroyed(connection, range(10))) == {1, 3}
        assert "request (470/12/2026)" in destroyed(connection, [1])[1]
    assert office.rows("select count(*) from privacy.unfinished") == [(0,)]
    assert privacy.finish(office.settings) == 0


def test_a_name_is_erased_where_it_is_a_word_of_a_programme(office: Office) -> None:
    office.do(f"update raw.bantuan set program = 'Kuswantini 01 untuk kuswantini  0' where nik = '{nik(70)}'")
    privacy.erase(office.settings, _person(office, nik(70)), **ASKED)
    assert office.rows("select program from raw.bantuan where program <> 'BLT'") == [("Kuswantini 01 untuk (dihapus)",)]


def test_an_erased_person_who_is_listed_again_is_loaded_and_the_village_told(office: Office) -> None:
    # A card on which nobody stands but somebody of another card.
    shared = [family(8)[0] | {"nik": nik(30), "nama": "WARGA 3 0"}]
    _next_register(office, "2023-12", [*family(5), *family(6), *shared], OTHER)
    answer = privacy.erase(office.settings, _card(office, no_kk(8)), **ASKED)
    assert any("other cards" in remark for remark in answer.remarks)
    assert office.where(no_kk(8)) == {}
    assert office.rows("select count(*) from raw.penduduk where person_id = %s", PSEUDONYMS.person_id(nik(30))) == [
        (3,)
    ]
    assert office.rows("select count(*) from raw.penduduk where nik = %s", nik(30)) == [(2,)]

    privacy.erase(office.settings, _person(office, nik(10)), **ASKED)
    assert office.where(nik(10), "WARGA 1 0") == {}
    assert len(office.where(no_kk(1), nik(11))) == 2  # the family is there, and so is the other member
    assert privacy.follow_up(office.settings) == {"confirmed": 0, "returned": 0}
    _next_register(office, "2024-01", [*family(1), *family(2, 1), *family(3), *family(4)])
    assert office.rows("select nama, person_id from raw.penduduk where nik = %s", nik(10)) == [
        ("WARGA 1 0", PSEUDONYMS.person_id(nik(10)))
    ]
    assert privacy.follow_up(office.settings) == {"confirmed": 0, "returned": 1}
    assert (Path(office.settings.feedback) / notice_path(VILLAGE, "2024-01", 2)).exists()
    assert privacy.follow_up(office.settings) == {"confirmed": 0, "returned": 0}


_NOBODY = nik(99)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda o: privacy.find(o.settings, _person(o, "123"), **ASKED), "16 digits"),
        (lambda o: privacy.find(o.settings, _person(o, nik(10)), **ASKED | {"reference": nik(10)}), "reference"),
        (lambda o: privacy.find(o.settings, _person(o, nik(10)), **ASKED | {"reference": " "}), "register of letters"),
        (lambda o: privacy.erase(o.settings, _person(o, nik(10)), **ASKED | {"requested_on": date.max}), "ahead"),
        (lambda o: privacy.correct(o.settings, _person(o, nik(10)), column="nik", value=nik(11), **ASKED), "register"),
        (lambda o: privacy.correct(o.settings, _card(o, no_kk(1)), column="nama", value="A", **ASKED), "alamat"),
        (lambda o: privacy.correct(o.settings, _person(o, nik(10)), column="sex", value="X", **ASKED), "L or P"),
        (lambda o: privacy.correct(o.settings, _person(o, nik(10)), column="tanggallahir", value="1", **ASKED), "YYYY"),
        (lambda o: privacy.erase(o.settings, _person(o, _NOBODY), **ASKED), "is kept"),
        (lambda o: privacy.correct(o.settings, _person(o, _NOBODY), column="nama", value="A", **ASKED), "is kept"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_not_recorded(
    office: Office, ask: Callable[[Office], object], says: str
) -> None:
    with pytest.raises((UsageError, EntasError), match=says) as raised:
        ask(office)
    assert nik(10) not in str(raised.value)
    assert _trace(office) == ""


def test_the_command_asks_before_it_erases(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = office.settings
    for name, value in {"HOME": settings.home, "WAREHOUSE_URL": settings.warehouse_url, "REGENCY": settings.regency,
                        "PSEUDONYM_KEY": settings.pseudonym_key}.items():  # fmt: skip
        monkeypatch.setenv(f"ENTAS_{name}", str(value))
    asked = ["--kk", "-", "--reference", "470/12/2026", "--requested-on", "2026-01-05"]

    def run(*arguments: str, given: str) -> Any:
        return CliRunner().invoke(main, ["subject", *arguments], input=given)

    shown = run("find", *asked, given=f"{no_kk(7)}\n")
    assert "Kuswantini 0" in shown.output
    assert "cannot be undone" in run("erase", *asked, given=f"{no_kk(7)}\nn\n").output
    assert set(office.where(*FAMILY_7)) == set(FAMILY_7)
    dry = run("erase", *asked, "--dry-run", "--json", given=f"{no_kk(7)}\n")
    assert '"raw.penduduk": 3' in dry.output
    assert set(office.where(*FAMILY_7)) == set(FAMILY_7)
    done = run("erase", *asked, "--yes", given=f"{no_kk(7)}\n")
    assert done.exit_code == 0
    assert office.where(*FAMILY_7) == {}
    assert "erased" in run("list", given="").output
