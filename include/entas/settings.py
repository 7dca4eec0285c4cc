"""Settings: environment variables, read in this one place."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from entas.errors import EntasError
from entas.registers.limits import DEFAULT_LIMITS, Limits

#: Root of the checkout: dags/, dbt_project/ and expectations/ lie beside include/.
PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class StoreAccess:
    """How stores on other machines are reached. Secrets come by the environment alone, never in a URL.

    Attributes:
        ssh_known_hosts: file of the host keys of SFTP servers (`ENTAS_SSH_KNOWN_HOSTS`); None: `~/.ssh/known_hosts`.
            A server that is not in it is refused.
        ssh_key: file of the private key (`ENTAS_SSH_KEY`); None: those of `~/.ssh` and of an agent.
        ssh_key_passphrase: of that file (`ENTAS_SSH_KEY_PASSPHRASE`).
        ssh_password: where the server wants one (`ENTAS_SSH_PASSWORD`).
        s3_endpoint: URL of an S3-compatible server (`ENTAS_S3_ENDPOINT`); None: Amazon's. Credentials and region are
            those of the usual AWS variables and files.
    """

    ssh_known_hosts: str | None = None
    ssh_key: str | None = None
    ssh_key_passphrase: str | None = field(default=None, repr=False)
    ssh_password: str | None = field(default=None, repr=False)
    s3_endpoint: str | None = None


@dataclass(frozen=True)
class Settings:
    """What one deployment of Entas is told by its environment.

    Attributes:
        home: folder of local state (`ENTAS_HOME`).
        warehouse_url: `postgresql://...` (`ENTAS_WAREHOUSE_URL`), or None for the embedded server in `home`.
        inbox, archive, feedback, reports: paths, or URLs (`sftp://`, `s3://`, others of fsspec).
        regency: Kemendagri code of the regency, such as `32.16`.
        pseudonym_key: secret for household and person ids.
        project_root: folder that holds dags/, dbt_project/ and expectations/.
        feedback_days, log_days: after so many days `keep_house` removes feedback workbooks and logs
            (`ENTAS_FEEDBACK_DAYS`, `ENTAS_LOG_DAYS`).
        identity_months: of uploads received more months ago than this, `keep_house` destroys all that names persons;
            figures stay (`ENTAS_IDENTITY_MONTHS`). 0: identities and the archive are kept for ever.
        access: how stores on other machines are reached.
        sweep_hours: a quiet folder of the inbox is looked at again at least so often (`ENTAS_SWEEP_HOURS`; 0: always).
        settle_seconds: a new file of a store that does not tell whether its writer is done (SFTP) must stay unchanged
            for so long (`ENTAS_SETTLE_SECONDS`).
        limits: what an upload may cost (`ENTAS_MAX_*`, `ENTAS_READ_*`).
        formats: folder of formats of registers besides the built-in ones, or None (`ENTAS_FORMATS`).
    """

    home: Path
    warehouse_url: str | None
    inbox: str
    archive: str
    feedback: str
    reports: str
    regency: str
    pseudonym_key: str
    project_root: Path = PROJECT_ROOT
    feedback_days: int = 400
    log_days: int = 90
    identity_months: int = 0
    access: StoreAccess = StoreAccess()
    sweep_hours: float = 6
    settle_seconds: float = 5
    limits: Limits = DEFAULT_LIMITS
    formats: Path | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment; make `ENTAS_HOME` and, once, the pseudonym key.

        Raises:
            EntasError: the home cannot be made, or `ENTAS_WAREHOUSE_URL` is not PostgreSQL's.
        """
        env = os.environ if env is None else env

        def value(name: str) -> str | None:
            return (env.get(name) or "").strip() or None

        home = Path(value("ENTAS_HOME") or ".entas").expanduser().absolute()
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EntasError(f"ENTAS_HOME={home} cannot be made: {error.strerror}; choose a writable folder") from error
        return cls(
            home=home,
            warehouse_url=_warehouse(value("ENTAS_WAREHOUSE_URL")),
            inbox=value("ENTAS_INBOX") or str(home / "inbox"),
            archive=value("ENTAS_ARCHIVE") or str(home / "archive"),
            feedback=value("ENTAS_FEEDBACK") or str(home / "feedback"),
            reports=value("ENTAS_REPORTS") or str(home / "reports"),
            regency=_dotted(value("ENTAS_REGENCY") or "32.16"),
            pseudonym_key=env.get("ENTAS_PSEUDONYM_KEY") or _kept_key(home / "pseudonym.key"),
            feedback_days=_days("ENTAS_FEEDBACK_DAYS", value("ENTAS_FEEDBACK_DAYS"), 400),
            log_days=_days("ENTAS_LOG_DAYS", value("ENTAS_LOG_DAYS"), 90),
            identity_months=_months("ENTAS_IDENTITY_MONTHS", value("ENTAS_IDENTITY_MONTHS")),
            access=StoreAccess(
                ssh_known_hosts=value("ENTAS_SSH_KNOWN_HOSTS"),
                ssh_key=value("ENTAS_SSH_KEY"),
                ssh_key_passphrase=env.get("ENTAS_SSH_KEY_PASSPHRASE") or None,
                ssh_password=env.get("ENTAS_SSH_PASSWORD") or None,
                s3_endpoint=_endpoint(value("ENTAS_S3_ENDPOINT")),
            ),
            sweep_hours=_number("ENTAS_SWEEP_HOURS", value("ENTAS_SWEEP_HOURS"), 6),
            settle_seconds=_number("ENTAS_SETTLE_SECONDS", value("ENTAS_SETTLE_SECONDS"), 5),
            limits=Limits.from_env(env),
            formats=formats_folder(env),
        )


def formats_folder(env: Mapping[str, str] | None = None) -> Path | None:
    """`ENTAS_FORMATS`, which every process that reads files looks up for itself.

    Raises:
        EntasError: there is no such folder.
    """
    text = ((os.environ if env is None else env).get("ENTAS_FORMATS") or "").strip()
    if not text:
        return None
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise EntasError(f"ENTAS_FORMATS={folder} is no folder; make it, or unset ENTAS_FORMATS")
    return folder


def _warehouse(url: str | None) -> str | None:
    if url is None:
        return None
    if not url.startswith(("postgresql://", "postgres://")):
        raise EntasError("ENTAS_WAREHOUSE_URL must begin with postgresql:// (unset it to use the embedded server)")
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its message quotes parts of the URL: of the password, perhaps
        raise EntasError(
            "ENTAS_WAREHOUSE_URL is no URL that PostgreSQL understands; write postgresql://user:password@host:5432/name"
            " with all but letters, digits and . _ ~ - of the password percent-encoded (a space is %20)"
        ) from None
    return url


def _dotted(regency: str) -> str:
    """`3216` as Kemendagri writes it, `32.16`: the form in which every table knows it."""
    return f"{regency[:2]}.{regency[2:]}" if len(regency) == 4 and regency.isdecimal() else regency


def _days(name: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise EntasError(f"{name}={text} is no number of days; write a whole number from 1")
    return int(text)


def _months(name: str, text: str | None) -> int:
    """A number of months, or 0 for no limit. Fewer than 12 would reach into what decisions and amounts rest on."""
    if text is None or text == "0":
        return 0
    if not text.isdecimal() or not 12 <= int(text) <= 1200:
        raise EntasError(
            f"{name}={text} is no retention; write a whole number of months from 12, or 0 to keep for ever"
        )
    return int(text)


def _number(name: str, text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < 1e6:
        raise EntasError(f"{name}={text} is no number; write one from 0")
    return number


def _endpoint(url: str | None) -> str | None:
    if url and not url.startswith(("http://", "https://")):
        raise EntasError(f"ENTAS_S3_ENDPOINT={url} must begin with https:// (or http:// in a network you trust)")
    return url


def _kept_key(path: Path) -> str:
    """The key of this home, made at first use. Losing it would give every family a new id."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text(encoding="utf-8").strip()
        if not key:
            raise EntasError(f"{path} is empty; restore it from a backup, or set ENTAS_PSEUDONYM_KEY") from None
        return key
    key = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key + "\n")
    return key
