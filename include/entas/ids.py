"""Pseudonyms of families and persons: HMAC-SHA-256 under `ENTAS_PSEUDONYM_KEY` (design, section 6).

They are made before loading, so that nothing downstream of the raw tables needs a NIK, a card number or a name.
"""

from __future__ import annotations

import hmac
import uuid
from datetime import date


def fold_name(name: str | None) -> str:
    """A name for comparison: upper case, repeated spaces as one."""
    return " ".join((name or "").upper().split())


class Pseudonymiser:
    """Makes the ids of one deployment.

    Args:
        key: the secret, `ENTAS_PSEUDONYM_KEY`; its UTF-8 bytes are the HMAC key.
    """

    def __init__(self, key: str) -> None:
        # Copying a prepared HMAC costs half of making one: a regency has millions of rows a month.
        self._prepared = hmac.new(key.encode("utf-8"), digestmod="sha256")

    def _digest(self, text: str) -> hmac.HMAC:
        made = self._prepared.copy()
        made.update(text.encode("utf-8"))
        return made

    def household_id(self, no_kk: str) -> str:
        """Id of the family with this card number (16 digits): 64 lower-case hex digits."""
        return self._digest(f"kk:{no_kk}").hexdigest()

    def person_id(self, nik: str) -> str:
        """Id of the person with this NIK (16 digits): 64 lower-case hex digits."""
        return self._digest(f"nik:{nik}").hexdigest()

    def person_id_without_nik(self, no_kk: str, name: str | None, birth_date: date | None) -> str:
        """Id of a person pending identity, who is known by family, name and birth date alone."""
        born = birth_date.isoformat() if birth_date else ""
        return self._digest(f"person:{no_kk}|{fold_name(name)}|{born}").hexdigest()

    def name_birth_key(self, name: str | None, birth_date: date | None) -> uuid.UUID:
        """Equal for two rows exactly when name (without case and repeated spaces) and birth date agree.

        Two empty birth dates agree. 128 bits of the HMAC: a comparison key, not an id.
        """
        born = birth_date.isoformat() if birth_date else ""
        return uuid.UUID(bytes=self._digest(f"name:{fold_name(name)}|{born}").digest()[:16])
