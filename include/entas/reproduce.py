"""A released report made again, from the archive and its manifest alone, and compared with what was released.

The uploads that the manifest names go the whole way once more, from bytes to figures, in an empty warehouse that is
dropped afterwards: nothing that the deployment's own warehouse says is used for it. (Older manifests,
which do not tell enough, are completed from it, and that is said.)
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from entas.clock import add_months, period_text
from entas.discretion import discreet
from entas.errors import EntasError, UnreachableError
from entas.intake.replay import ArchiveError, Receipt, archived_sizes, replay
from entas.registers.limits import Limits
from entas.reporting import Figures, Letterhead, load_letterhead, read_figures, render_files, report_payload
from entas.reporting.inputs import SEEDS, UPLOADS, origin
from entas.reporting.letterhead import Signatory
from entas.reporting.payload import changes_between, restated_opening
from entas.reporting.revisions import MANIFEST, MANIFEST_VERSION
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.storage import Store
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import transform
from entas.warehouse.temporary import SCRATCH, temporary_warehouse

#: Called with (what is done, steps done, steps in all or 0 where nobody knows).
Progress = Callable[[str, int, int], None]

#: What a value is shown as that one side does not have.
ABSENT = "(absent)"

IDENTICAL, DIFFERS, OTHER_VERSIONS, NOT_COMPARED = "identical", "differs", "made by other versions", "not compared"


@dataclass(frozen=True)
class Difference:
    """A value of the report that came out otherwise; `path` says which, as `districts[32.16.01].households`."""

    path: str
    released: Any
    reproduced: Any


@dataclass(frozen=True)
class Reproduction:
    """What came of making a revision again.

    Attributes:
        folder: of the release, as a person would look for it.
        uploads: how many were taken in again, rejected ones included.
        compared: values of the report JSON and of the manifest's figures that were compared.
        files: for each released file whether the same bytes came out again.
        notes: what a reader has to know: other versions, another policy, what could not be compared.
    """

    regency_code: str
    period: str
    revision: int
    folder: str
    uploads: int
    compared: int
    differences: list[Difference]
    files: dict[str, str]
    notes: list[str]

    @property
    def agrees(self) -> bool:
        """Whether everything that could be compared is the same."""
        return not self.differences and DIFFERS not in self.files.values()

    @property
    def verdict(self) -> str:
        """The outcome in a line."""
        what = f"{self.period} r{self.revision}"
        if self.agrees:
            return f"{what} is reproduced: all {self.compared:,} values agree"
        if self.differences:
            return f"{what} is not reproduced: {len(self.differences):,} of {self.compared:,} values differ"
        names = ", ".join(name for name, state in self.files.items() if state == DIFFERS)
        return f"{what} is not reproduced: the values agree, but the same versions made other bytes of {names}"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"agrees": self.agrees, **asdict(self)}


@dataclass(frozen=True)
class _Released:
    """A release as its folder holds it, every file checked against the manifest."""

    folder: str
    manifest: dict[str, Any]
    report: dict[str, Any]

    @property
    def figures(self) -> dict[str, Any] | None:
        """`Figures.content`; None in manifests of before it was told."""
        return self.manifest.get("figures")


@discreet
def reproduce(settings: Settings, period: date, revision: int, progress: Progress | None = None) -> Reproduction:
    """Make a released revision again and compare every value of it.

    Args:
        period: first day of the reported month.
        progress: for work that takes as long as taking in all uploads did, and one build.

    Raises:
        EntasError: there is no such release, one of its files or the manifest is not what was released, or the
            manifest lacks what cannot be done without.
        ArchiveError: the archive lacks the bytes of an upload, or holds others.
    """
    tell = progress or (lambda what, done, total: None)
    store = Store(settings.reports, settings.access)
    released = _read(store, settings.regency, period, revision)
    notes = [*_compare_with_warehouse(settings, released)]
    manifest, more = _completed(settings, released)
    notes += [*more, *_other_makers(settings, manifest)]
    receipts = _receipts(manifest)
    try:
        archived_sizes(Store(settings.archive, settings.access), receipts)
    except ArchiveError as error:
        raise ArchiveError(f"{error}.{_destroyed(settings, receipts)}") from error
    with temporary_warehouse(settings) as warehouse, scratch_folder(settings.home, SCRATCH) as work:
        own = _own_settings(settings, manifest, warehouse)
        with open_warehouse(own).connect(autocommit=True) as connection:
            outcomes = replay(connection, own, receipts, work, lambda done, total: tell("uploads", done, total))
        # Without data tests: a later version's may refuse what an earlier one released, and hide what it is.
        transform(
            own,
            through_period=period,
            data_tests=False,
            progress=lambda name, done, total: tell("dbt", done, total),
        )
        with open_warehouse(own).connect() as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            figures = read_figures(connection, own, period, as_of=datetime.fromisoformat(manifest["as_of"]))
    payload, more = _payload(store, released, figures)
    notes += more
    before = {one.upload_id: one.status for one in receipts}
    expected = {"report": released.report, "uploads": {str(key): value for key, value in before.items()}}
    found = {"report": payload, "uploads": {str(one.upload_id): one.status for one in outcomes}}
    if released.figures is None:
        notes.append("the manifest does not hold the figures by status and register: their hash alone is compared")
    else:
        expected["figures"], found["figures"] = released.figures, json.loads(json.dumps(figures.content))
    compared, differences = _compare(expected, found)
    files = dict.fromkeys(manifest["files"], NOT_COMPARED)
    if not differences:
        files, more = _compare_files(settings, manifest, payload)
        notes += more
    notes += [
        f"upload {one.upload_id} came out as {one.status}, not as {before[one.upload_id]}: {one.reason}"
        for one in outcomes
        if one.status != before[one.upload_id] and one.reason
    ]
    return Reproduction(
        regency_code=settings.regency,
        period=period_text(period),
        revision=revision,
        folder=store.full(released.folder),
        uploads=len(receipts),
        compared=compared,
        differences=differences,
        files=files,
        notes=notes,
    )


# --- what was released ---------------------------------------------------------------------------------------------


def _read(store: Store, regency: str, period: date, revision: int) -> _Released:
    """A release, checked: each file is what the manifest says, and the manifest agrees with itself and the report.

    Raises:
        EntasError: it is not there or not what was released.
    """
    folder = f"{regency}/{period_text(period)}/r{revision}"
    place = store.full(f"{folder}/{MANIFEST}")
    try:
        manifest = json.loads(store.read_bytes(f"{folder}/{MANIFEST}"))
    except FileNotFoundError:
        raise EntasError(
            f"{store.full(folder)} holds no release: its {MANIFEST} is missing; look at --period and --revision, or "
            "restore the reports from their backup"
        ) from None
    except ValueError:
        raise EntasError(f"{place} is damaged (it is no JSON); restore it from a backup") from None
    try:
        contents = {name: _file(store, folder, name, told) for name, told in manifest["files"].items()}
        (name,) = (name for name in contents if name.endswith(".json"))
        report = json.loads(contents[name])
        wrong = [*_contradictions(manifest, report, regency, period, revision)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EntasError(
            f"{place} is no manifest of a report ({type(error).__name__}); restore it from a backup"
        ) from error
    if wrong:
        raise EntasError(
            f"{place} is not what was released: {', '.join(wrong)} contradict each other; restore it from a backup"
        )
    return _Released(folder, manifest, report)


def _file(store: Store, folder: str, name: str, told: Mapping[str, Any]) -> bytes:
    path = f"{folder}/{name}"
    try:
        content = store.read_bytes(path)
    except FileNotFoundError:
        raise EntasError(f"{store.full(path)} is gone; restore it from a backup") from None
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != told["sha256"]:
        raise EntasError(
            f"{store.full(path)} is not what was released: its SHA-256 is {sha256}, the manifest says "
            f"{told['sha256']}; restore it from a backup"
        )
    return content


def _contradictions(
    manifest: Mapping[str, Any], report: Mapping[str, Any], regency: str, period: date, revision: int
) -> Iterator[str]:
    """What the manifest says twice, or the report too, and not the same."""
    place = {"regency_code": regency, "period": period_text(period), "revision": revision}
    yield from (f"{key} and the folder" for key, value in place.items() if manifest[key] != value)
    for key in (*place, "status", "generated_at", "as_of", "households", "persons", "policy", "figures_sha256",
                "changes", "opening_restated"):  # fmt: skip
        if manifest[key] != report[key]:
            yield f"{key} of manifest and report"
    listed = [{"upload_id": one["upload_id"], "sha256": one["sha256"]} for one in manifest["uploads"]]
    if listed != report["inputs"]["list"]:
        yield "uploads of manifest and report"
    if "figures" in manifest:
        text = json.dumps(manifest["figures"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if hashlib.sha256(text.encode()).hexdigest() != manifest["figures_sha256"]:
            yield "figures and figures_sha256"


def _compare_with_warehouse(settings: Settings, released: _Released) -> Iterator[str]:
    """The warehouse, where there is one, knows the hash of the manifest that it wrote.

    Raises:
        EntasError: it is another one.
    """
    row = None
    try:
        with open_warehouse(settings).connect() as connection:
            row = connection.execute(
                "select files -> %s ->> 'sha256' from publication.report_release "
                "where regency_code = %s and period = %s and revision = %s",
                (
                    MANIFEST,
                    settings.regency,
                    f"{released.manifest['period']}-01",
                    released.manifest["revision"],
                ),
            ).fetchone()
    except UnreachableError:
        pass  # it may be lost: that is when a report has to be made again
    store = Store(settings.reports, settings.access)
    path = f"{released.folder}/{MANIFEST}"
    if row is None:
        yield "no warehouse at hand knows this release: its manifest is checked against the report alone"
    elif row[0] != hashlib.sha256(store.read_bytes(path)).hexdigest():
        raise EntasError(f"{store.full(path)} is not what was released (its SHA-256 differs); restore it from a backup")


def _completed(settings: Settings, released: _Released) -> tuple[dict[str, Any], list[str]]:
    """The manifest with all that is needed; one of before version 2 is completed from the warehouse.

    Raises:
        EntasError: it lacks how its uploads were received, and the warehouse does not know them.
    """
    manifest = dict(released.manifest)
    version = manifest.get("manifest_version", 1)
    if version > MANIFEST_VERSION:
        raise EntasError(
            f"the manifest of {released.folder} is of version {version}, which this version of Entas does not know; "
            f"reproduce it with Entas {manifest['versions'].get('entas')} or later"
        )
    if version == MANIFEST_VERSION:
        return manifest, []
    known = _uploads_of_warehouse(settings, manifest["as_of"])
    lacking = [one for one in manifest["uploads"] if known.get(one["upload_id"], {}).get("sha256") != one["sha256"]]
    if lacking:
        raise EntasError(
            f"the manifest of {released.folder} is of a version that did not yet tell file name and receipt of "
            f"uploads, and this warehouse does not know upload {lacking[0]['upload_id']} (SHA-256 "
            f"{lacking[0]['sha256']}); the released files are unharmed, but cannot be made again"
        )
    named = {one["upload_id"] for one in manifest["uploads"]}
    manifest["uploads"] = [known[number] for number in sorted(named)]
    manifest["rejected"] = [one for one in known.values() if one["status"] == "rejected"]
    return manifest, [
        "the manifest is of an older version: file names, receipts and rejected uploads are taken from the "
        "warehouse, policy and poverty lines from this version"
    ]


def _uploads_of_warehouse(settings: Settings, as_of: str) -> dict[int, dict[str, Any]]:
    try:
        with open_warehouse(settings).connect(row_factory=dict_row) as connection:
            rows = connection.execute(UPLOADS, {"as_of": as_of}).fetchall()
    except UnreachableError:
        return {}
    return {row["upload_id"]: row | {"received_at": row["received_at"].isoformat()} for row in rows}


def _receipts(manifest: Mapping[str, Any]) -> list[Receipt]:
    try:
        return [
            Receipt(
                **{field.name: one[field.name] for field in fields(Receipt)}
                | {"received_at": datetime.fromisoformat(one["received_at"])}
            )
            for one in (*manifest["uploads"], *manifest["rejected"])
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise EntasError(
            f"the manifest does not tell how its uploads were received ({type(error).__name__}: {error}); restore it "
            "from a backup"
        ) from error


def _other_makers(settings: Settings, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Where this installation is not the one that made the release; no failure by itself."""
    here = origin(settings)
    then, now = manifest["versions"], here["versions"]
    others = [f"{name} {then[name]} (now {now.get(name, 'gone')})" for name in then if then[name] != now.get(name)]
    if others:
        yield f"released by other versions: {', '.join(others)}"
    changed = [name for name, digest in manifest.get("code", {}).items() if digest != here["code"].get(name)]
    if changed:
        yield f"the code is not that of the release: {', '.join(changed)} changed since"
    if "formats" in manifest and manifest["formats"] != here["formats"]:
        yield "the formats of ENTAS_FORMATS are not those of the release"
    if "pseudonym_key" in manifest and manifest["pseudonym_key"] != here["pseudonym_key"]:
        yield "the pseudonym key is not that of the release: figures do not depend on it, ids of families do"
    if manifest.get("corrections"):
        yield (
            f"rows of the warehouse had been changed {manifest['corrections']} times on a person's request "
            "(privacy.request); the archive holds the rows as they were sent"
        )


def _destroyed(settings: Settings, receipts: Sequence[Receipt]) -> str:
    """What the traces tell of destroyed bytes among these, as one more sentence; empty without any."""
    try:
        with open_warehouse(settings).connect() as connection:
            rows = connection.execute(
                "select upload_id, cause, to_char(destroyed_at at time zone 'Asia/Jakarta', 'YYYY-MM-DD') "
                "from privacy.destruction where sha256 = any(%s) and files ? 'archive' order by upload_id",
                (sorted({one.sha256 for one in receipts}),),
            ).fetchall()
    except UnreachableError:
        return ""
    if not rows:
        return ""
    told = ", ".join(f"upload {number} on {day} ({cause})" for number, cause, day in rows[:5])
    return f" privacy.destruction tells of {len(rows)}: {told}{', ...' if len(rows) > 5 else ''}"


# --- the warehouse of its own --------------------------------------------------------------------------------------


def _own_settings(settings: Settings, manifest: Mapping[str, Any], warehouse: str) -> Settings:
    """Settings under which the report is made again: as they were, with a home for dbt's files in `ENTAS_HOME`."""
    home = settings.home / "reproduce"
    home.mkdir(exist_ok=True, mode=0o700)
    known = {field.name for field in fields(Limits)}
    limits = {name: value for name, value in manifest.get("limits", {}).items() if name in known}
    return replace(
        settings,
        home=home,
        warehouse_url=warehouse,
        project_root=_project(settings, home, manifest.get("seeds", {})),
        limits=replace(settings.limits, **limits),
    )


def _project(settings: Settings, home: Path, seeds: Mapping[str, Sequence[Mapping[str, str | None]]]) -> Path:
    """The dbt project with the policy and poverty lines of the release; returns the folder that holds it."""
    root = home / "project"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(
        settings.project_root / "dbt_project", root / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )
    for name in SEEDS:
        if name not in seeds:
            continue
        with (root / "dbt_project" / "seeds" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(seeds[name][0]))
            writer.writeheader()
            writer.writerows(seeds[name])
    return root


# --- comparing -----------------------------------------------------------------------------------------------------


def _payload(store: Store, released: _Released, figures: Figures) -> tuple[dict[str, Any], list[str]]:
    """The report JSON of the figures, as the revision that was released.

    What it says of earlier reports is worked out again from these; where they are not there, it is taken over.
    """
    told, notes = released.manifest, []
    changes = told["changes"]
    if figures_before := _figures_before(store, released):
        changes = changes_between(figures_before, figures.content)
    elif told["revision"] > 1:
        notes.append("the figures of the revision before are not told: the list of changes is taken as it was released")
    restated = told["opening_restated"]
    try:
        earlier = _released_before(store, released, figures.period)
    except EntasError as error:
        notes.append(f"the opening is not compared with the report of the month before: {error}")
    else:
        restated = restated_opening(figures, *earlier)
    payload = report_payload(
        figures,
        revision=told["revision"],
        generated_at=datetime.fromisoformat(told["generated_at"]),
        changes=changes,
        opening_restated=restated,
    )
    return json.loads(json.dumps(payload)), notes


def _figures_before(store: Store, released: _Released) -> dict[str, Any] | None:
    if released.manifest["revision"] == 1:
        return None
    folder = f"{released.folder.rpartition('/')[0]}/r{released.manifest['revision'] - 1}"
    try:
        return json.loads(store.read_bytes(f"{folder}/{MANIFEST}")).get("figures")
    except (FileNotFoundError, ValueError):
        return None


def _released_before(store: Store, released: _Released, period: date) -> tuple[dict[str, Any] | None, int | None]:
    """Closings of the month before as they had been released by then, and the revision; None without any.

    Raises:
        EntasError: that release is damaged.
    """
    month, found = add_months(period, -1), None
    moment = datetime.fromisoformat(released.manifest["generated_at"])
    revision = 1
    while store.exists(f"{released.report['regency_code']}/{period_text(month)}/r{revision}/{MANIFEST}"):
        one = _read(store, released.report["regency_code"], month, revision)
        if datetime.fromisoformat(one.manifest["generated_at"]) > moment:
            break
        found = one
        revision += 1
    if found is None:
        return None, None
    closings = {key: found.report[key] for key in ("districts", "villages")}
    return closings | {"regency": {"closing": found.report["movement"]["closing"]}}, found.manifest["revision"]


def _compare(released: Any, reproduced: Any) -> tuple[int, list[Difference]]:
    """How many values there are on either side, and those that differ."""
    before, after = dict(_values(released, "")), dict(_values(reproduced, ""))
    paths = list(dict.fromkeys([*before, *after]))
    differences = [
        Difference(path, before.get(path, ABSENT), after.get(path, ABSENT))
        for path in paths
        if json.dumps(before.get(path, ABSENT)) != json.dumps(after.get(path, ABSENT))
    ]
    return len(paths), differences


def _values(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every single value with its path."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _values(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for label, one in zip(_labels(value), value, strict=True):
            yield from _values(one, f"{path}[{label}]")
    else:
        yield path, value


#: Keys that tell one item of a list from another, the first that an item has.
_NAMING = (
    ("code",),
    ("village_code", "register"),
    ("village_code",),
    ("upload_id",),
    ("period",),
    ("status", "reason"),
)


def _labels(items: Sequence[Any]) -> Iterable[str | int]:
    """Names of a list's items, so that one more of them does not make all others differ; else their numbers."""
    for keys in _NAMING:
        if all(isinstance(item, dict) and all(key in item for key in keys) for item in items):
            labels = ["/".join(str(item[key]) for key in keys) for item in items]
            return labels if len(set(labels)) == len(labels) else range(len(items))
    return range(len(items))


def _compare_files(
    settings: Settings, manifest: Mapping[str, Any], payload: dict[str, Any]
) -> tuple[dict[str, str], list[str]]:
    """Whether the same bytes come out again; they must where versions and code are those of the release."""
    letterhead, notes = _letterhead(settings, manifest["letterhead"])
    made = render_files(payload, letterhead)
    here = origin(settings)
    same_makers = (
        not notes
        and all(here["versions"].get(name) == version for name, version in manifest["versions"].items())
        and manifest.get("code", {}).get("entas") == here["code"]["entas"]
    )
    states = {}
    for name, told in manifest["files"].items():
        same = name in made and hashlib.sha256(made[name]).hexdigest() == told["sha256"]
        states[name] = IDENTICAL if same else DIFFERS if same_makers else OTHER_VERSIONS
    return states, notes


def _letterhead(settings: Settings, told: Mapping[str, Any]) -> tuple[Letterhead, list[str]]:
    """The letterhead of the release."""
    logo, notes = None, []
    if told["logo"] and "content" in told["logo"]:
        logo = told["logo"]["suffix"], base64.b64decode(told["logo"]["content"])
    elif told["logo"]:
        present = load_letterhead(settings).logo
        if present and hashlib.sha256(present[1]).hexdigest() == told["logo"]["sha256"]:
            logo = present
        else:
            notes.append("the coat of arms of the letterhead is no longer at hand: the letter cannot be the same bytes")
    texts = {key: value for key, value in told.items() if key not in ("recipient", "copies", "signatory", "logo")}
    return (
        Letterhead(
            **texts,
            recipient=tuple(told["recipient"]),
            copies=tuple(told["copies"]),
            signatory=Signatory(**told["signatory"]),
            logo=logo,
        ),
        notes,
    )
