"""Particulars of the office that signs: letterhead, addressee, signatory.

They are configuration: `letterhead.yaml` beside this module has neutral placeholders, `$ENTAS_HOME/letterhead.yaml`
overrides any of its keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from entas.errors import EntasError
from entas.settings import Settings

_LOGO_KINDS = {".svg", ".png"}


@dataclass(frozen=True)
class Signatory:
    """Who signs; None leaves a dotted line."""

    position: str
    name: str | None = None
    rank: str | None = None
    nip: str | None = None


@dataclass(frozen=True)
class Letterhead:
    """What the letter says of the office; texts may hold `{regency}`, `{province}`, `{month}`, `{year}`.

    Attributes:
        logo: file name suffix and bytes of the coat of arms.
    """

    government: str
    office: str
    address: str
    classification: str
    recipient: tuple[str, ...]
    copies: tuple[str, ...]
    signatory: Signatory
    place: str | None = None
    number: str | None = None
    recipient_place: str | None = None
    logo: tuple[str, bytes] | None = field(default=None, repr=False)

    def filled(self, **words: str) -> Letterhead:
        """The same with its placeholders replaced.

        Raises:
            EntasError: a text holds a placeholder that is not known.
        """

        def fill(text: str | None) -> str | None:
            try:
                return text and text.format_map(words)
            except (KeyError, ValueError, IndexError) as error:
                known = ", ".join(f"{{{word}}}" for word in words)
                raise EntasError(
                    f"letterhead.yaml: {text!r} cannot be filled in ({error}); known are {known}"
                ) from None

        texts = ("government", "office", "address", "classification", "place", "number", "recipient_place")
        return replace(
            self,
            **{name: fill(getattr(self, name)) for name in texts},
            recipient=tuple(fill(line) or "" for line in self.recipient),
            copies=tuple(fill(line) or "" for line in self.copies),
            signatory=Signatory(*(fill(getattr(self.signatory, name)) for name in ("position", "name", "rank", "nip"))),
        )


def load_letterhead(settings: Settings) -> Letterhead:
    """The letterhead of this deployment.

    Raises:
        EntasError: `$ENTAS_HOME/letterhead.yaml` is not what it should be; names the key.
    """
    values = yaml.safe_load(resources.files(__package__).joinpath("letterhead.yaml").read_text(encoding="utf-8"))
    own = settings.home / "letterhead.yaml"
    if own.exists():
        values = _merged(values, _read(own), own)
    texts = {key: _text(values[key], key, own) for key in ("government", "office", "address", "classification")}
    blanks = {key: _text(values[key], key, own, blank=True) for key in ("place", "number", "recipient_place")}
    signatory = values["signatory"]
    return Letterhead(
        **texts,
        **blanks,
        recipient=_lines(values["recipient"], "recipient", own),
        copies=_lines(values["copies"] or [], "copies", own),
        signatory=Signatory(
            _text(signatory["position"], "signatory.position", own) or "",
            *(_text(signatory[key], f"signatory.{key}", own, blank=True) for key in ("name", "rank", "nip")),
        ),
        logo=_logo(_text(values["logo"], "logo", own, blank=True), own),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EntasError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise EntasError(f"{path} must hold keys such as `office:`; see letterhead.yaml in the package for all of them")
    return values


def _merged(defaults: dict[str, Any], own: dict[str, Any], path: Path, prefix: str = "") -> dict[str, Any]:
    unknown = [f"{prefix}{key}" for key in own if key not in defaults]
    if unknown:
        raise EntasError(f"{path}: unknown key {', '.join(unknown)}; known are {', '.join(defaults)}")
    merged = dict(defaults)
    for key, value in own.items():
        if isinstance(defaults[key], dict):
            if not isinstance(value, dict):
                raise EntasError(f"{path}: {prefix}{key} must hold the keys {', '.join(defaults[key])}")
            value = _merged(defaults[key], value, path, f"{prefix}{key}.")
        merged[key] = value
    return merged


def _text(value: Any, key: str, path: Path, *, blank: bool = False) -> str | None:
    if value is None and blank:
        return None
    # A NIP or number written without quotes is read as a number and may have lost a leading zero.
    if not isinstance(value, str) or not value.strip():
        raise EntasError(f"{path}: {key} must be a text in quotes{' or null' if blank else ''}, not {value!r}")
    return value.strip()


def _lines(value: Any, key: str, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise EntasError(f"{path}: {key} must be a list of texts")
    return tuple(_text(line, key, path) or "" for line in value)


def _logo(value: str | None, path: Path) -> tuple[str, bytes] | None:
    if value is None:
        return None
    logo = Path(value) if Path(value).is_absolute() else path.parent / value
    if logo.suffix.lower() not in _LOGO_KINDS:
        raise EntasError(f"{path}: logo {value!r} must be an SVG or PNG file")
    try:
        return logo.suffix.lower(), logo.read_bytes()
    except OSError as error:
        raise EntasError(f"{path}: logo {logo} cannot be read: {error.strerror}") from error
