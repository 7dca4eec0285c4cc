"""The environment, as settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from entas.errors import EntasError
from entas.settings import Settings


@pytest.mark.parametrize(
    ("written", "code"), [("32.17", "32.17"), ("3217", "32.17"), (" 32.17 ", "32.17"), ("", "32.16")]
)
def test_a_regency_may_be_written_without_its_dot(tmp_path: Path, written: str, code: str) -> None:
    assert Settings.from_env({"ENTAS_HOME": str(tmp_path), "ENTAS_REGENCY": written}).regency == code


def test_stores_on_other_machines(tmp_path: Path) -> None:
    environment = {
        "ENTAS_HOME": str(tmp_path),
        "ENTAS_SSH_KNOWN_HOSTS": "/etc/known_hosts",
        "ENTAS_SSH_KEY": " /etc/key ",
        "ENTAS_SSH_PASSWORD": " rahasia ",
        "ENTAS_S3_ENDPOINT": "https://s3.example.go.id",
        "ENTAS_SWEEP_HOURS": "0",
        "ENTAS_SETTLE_SECONDS": "2.5",
    }
    settings = Settings.from_env(environment)
    access = settings.access
    assert (access.ssh_known_hosts, access.ssh_key) == ("/etc/known_hosts", "/etc/key")
    assert (access.ssh_password, access.s3_endpoint) == (" rahasia ", "https://s3.example.go.id")
    assert (settings.sweep_hours, settings.settle_seconds) == (0, 2.5)
    assert "rahasia" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENTAS_SWEEP_HOURS", "often"),
        ("ENTAS_SETTLE_SECONDS", "-1"),
        ("ENTAS_SWEEP_HOURS", "nan"),
        ("ENTAS_S3_ENDPOINT", "s3.example.go.id"),
    ],
)
def test_a_setting_that_means_nothing_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(EntasError, match=f"{name}={value}"):
        Settings.from_env({"ENTAS_HOME": str(tmp_path), name: value})


@pytest.mark.parametrize("url", ["postgresql://entas:kata sandi@host/entas", "postgresql://entas:a%zz@host/entas"])
def test_a_url_of_the_warehouse_that_cannot_be_read_is_named_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(EntasError, match="ENTAS_WAREHOUSE_URL") as error:
        Settings.from_env({"ENTAS_HOME": str(tmp_path), "ENTAS_WAREHOUSE_URL": url})
    assert "sandi" not in str(error.value)
    assert "zz" not in str(error.value)
