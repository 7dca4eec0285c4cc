"""Recipients of a release: configuration in `recipients.yaml`, overridden by `$ENTAS_HOME/recipients.yaml`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from entas.errors import EntasError
from entas.settings import Settings


@dataclass(frozen=True)
class Recipient:
    """Who gets which forms of a report, and how.

    Attributes:
        id: short name, fixed once something was delivered.
        channel: `type` and what that channel needs (`target` of a directory).
        formats: of `entas.reporting.FORMATS`.
        disclosure: `full`, or `public` for what anybody may see.
    """

    id: str
    name: str
    channel: dict[str, Any]
    formats: tuple[str, ...]
    disclosure: str


@cache
def _schema() -> dict[str, Any]:
    return json.loads(resources.files(__package__).joinpath("recipients.schema.json").read_text(encoding="utf-8"))


def load_recipients(settings: Settings) -> list[Recipient]:
    """The recipients of this deployment, in the file's order.

    Raises:
        EntasError: the file is not what it should be; names the place in it.
    """
    own = settings.home / "recipients.yaml"
    source = own if own.exists() else Path(str(resources.files(__package__).joinpath("recipients.yaml")))
    try:
        values = yaml.safe_load(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EntasError(f"{source} cannot be read as YAML: {' '.join(str(error).split())}") from error
    wrong = next(iter(Draft202012Validator(_schema()).iter_errors(values)), None)
    if wrong is not None:
        place = ".".join(str(part) for part in wrong.absolute_path) or "the file"
        raise EntasError(f"{source}: {place}: {wrong.message}")
    found = [
        Recipient(
            id=value["id"],
            name=value["name"],
            channel=value["channel"],
            formats=tuple(value["formats"]),
            disclosure=value["disclosure"],
        )
        for value in values["recipients"]
    ]
    doubled = sorted({one.id for one in found if sum(other.id == one.id for other in found) > 1})
    if doubled:
        raise EntasError(f"{source}: the id {', '.join(doubled)} is used twice; every recipient needs its own")
    return found
