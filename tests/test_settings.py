"""The environment, as settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from entas.settings import Settings


@pytest.mark.parametrize(
    ("written", "code"), [("32.17", "32.17"), ("3217", "32.17"), (" 32.17 ", "32.17"), ("", "32.16")]
)
def test_a_regency_may_be_written_without_its_dot(tmp_path: Path, written: str, code: str) -> None:
    assert Settings.from_env({"ENTAS_HOME": str(tmp_path), "ENTAS_REGENCY": written}).regency == code
