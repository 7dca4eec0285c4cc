"""Marks: invented names and numbers that stand nowhere else, and the search for them in whatever form."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pypdf import PdfReader

#: How every marked name begins: no word of any language does.
NAME_START = "Zqmark"
#: How every marked number begins: the regency and a district of Bekasi.
NUMBER_START = "321609"


@dataclass(frozen=True)
class Leak:
    """A mark that was found.

    Attributes:
        place: what was searched.
        form: how it was written: plain, hex, base64, the digest of it.
        origin: which cell the mark stood in.
        around: the text around it.
    """

    place: str
    form: str
    origin: str
    around: str


@dataclass
class Marks:
    """Makes marks and finds them again."""

    origins: dict[str, str] = field(default_factory=dict)

    def name(self, origin: str) -> str:
        """A name that no other cell holds."""
        number, letters = len(self.origins), ""
        for _ in range(4):
            number, rest = divmod(number, 26)
            letters += chr(ord("a") + rest)
        return self._kept(f"{NAME_START}{letters}", origin)

    def nik(self, origin: str, born: str = "110480") -> str:
        """A NIK of this date (DDMMYY); without its last digit, as Excel leaves it, it is still nobody else's."""
        return self._kept(f"{NUMBER_START}{born}{self._serial()}", origin)

    def no_kk(self, origin: str) -> str:
        """A family card number."""
        return self._kept(f"{NUMBER_START}991299{self._serial()}", origin)

    def number(self, digits: str, origin: str) -> str:
        """A damaged number that a test made up itself."""
        return self._kept(digits, origin)

    def _serial(self) -> str:
        serial = 10 * (sum(mark.isdecimal() for mark in self.origins) + 1) + 7
        assert serial < 10_000, "more marks than serials"
        return f"{serial:04}"

    def _kept(self, mark: str, origin: str) -> str:
        self.origins[mark] = origin
        return mark

    # -- the search ------------------------------------------------------------------------------------------------

    @cached_property
    def _names(self) -> dict[str, str]:
        return {mark.lower(): origin for mark, origin in self.origins.items() if mark.startswith(NAME_START)}

    @cached_property
    def _numbers(self) -> dict[str, str]:
        return {mark[:15]: origin for mark, origin in self.origins.items() if mark.isdecimal()}

    @cached_property
    def _digests(self) -> dict[str, tuple[str, str]]:
        """Digests without a key: who has a list of all NIKs, which is not long, reads them like the NIKs themselves."""
        made = {}
        for mark, origin in self.origins.items():
            starts = ("", "kk:", "nik:") if mark.isdecimal() else ("", "name:", "person:")
            for text in (start + form for start in starts for form in {mark, mark.upper(), mark.lower()}):
                for method in ("md5", "sha1", "sha256", "sha512"):
                    made[hashlib.new(method, text.encode()).hexdigest()] = (method, origin)
        return made

    @cached_property
    def _integers(self) -> dict[str, str]:
        return {f"{int(mark):x}": origin for mark, origin in self.origins.items() if mark.isdecimal()}

    def search(self, place: str, content: bytes) -> list[Leak]:
        """All marks in some content, packed or not."""
        return [leak for part, text in _texts(place, content) for leak in self._in_text(part, text)]

    def _in_text(self, place: str, text: str) -> Iterator[Leak]:
        lower = text.lower()

        def leak(form: str, origin: str, at: int) -> Leak:
            return Leak(place, form, origin, text[max(0, at - 60) : at + 90])

        for found in re.finditer(NAME_START.lower() + "[a-z]{4}", lower):
            if found[0] in self._names:
                yield leak("plain", self._names[found[0]], found.start())
        for found in re.finditer(r"\d(?:[ .\-'_,\u00a0]?\d){14,}", lower):
            digits = re.sub(r"\D", "", found[0])
            for start in range(len(digits) - 14):
                if origin := self._numbers.get(digits[start : start + 15]):
                    yield leak("plain", origin, found.start())
        for found in re.finditer(r"(?<![0-9a-f])[0-9a-f]{12,128}(?![0-9a-f])", lower.replace("\\x", " ")):
            if told := self._digests.get(found[0]):
                yield leak(told[0], told[1], found.start())
            elif origin := self._integers.get(found[0].lstrip("0")):
                yield leak("integer in hex", origin, found.start())
        for form, encoded in _ENCODED.items():
            at = (text if form.startswith("base64") else lower).find(encoded)
            if at >= 0:
                yield leak(form, "some mark", at)


def _base64_of(text: str) -> Iterator[str]:
    """What of a text's base64 does not depend on its neighbours, at each of the three places it may begin at."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + text.encode()).decode().rstrip("=")
        yield whole[(before * 8 + 5) // 6 : len(whole) - (1 if (before + len(text)) % 3 else 0)]


_STARTS = {"name": NAME_START, "name in capitals": NAME_START.upper(), "number": NUMBER_START}
_ENCODED = {
    **{f"base64 of a {what}, {n}": part for what, text in _STARTS.items() for n, part in enumerate(_base64_of(text))},
    **{f"hex of a {what}": text.encode().hex() for what, text in _STARTS.items()},
}


def _texts(place: str, content: bytes) -> Iterator[tuple[str, str]]:
    """The texts in a file: of its parts where it is packed, of its pages where it is a PDF."""
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                parts = {part: archive.read(part) for part in archive.namelist()}
        except zipfile.BadZipFile:
            parts = {}  # a broken one: its bytes are searched as they are
        for part, inside in parts.items():
            yield from _texts(f"{place}!{part}", inside)
    if content.startswith(b"\x1f\x8b"):
        yield from _texts(f"{place}!", gzip.decompress(content))
        return
    if content.startswith(b"%PDF"):
        reader = PdfReader(io.BytesIO(content))
        yield f"{place}!pages", "\n".join(page.extract_text() for page in reader.pages)
        yield f"{place}!about", str(reader.metadata)
    yield place, content.decode("utf-8", "replace")
    if content.count(0) > len(content) // 4:  # UTF-16
        yield place, content.replace(b"\0", b"").decode("utf-8", "replace")


def files(root: Path, *, but: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, with its name, but those in some folders."""
    left_out = tuple(but)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(path.is_relative_to(folder) for folder in left_out):
            # The name itself is searched too.
            yield str(path), path.read_bytes() + b"\n" + str(path.relative_to(root)).encode()


def dump(program: Path, url: str, *options: str) -> bytes:
    """What pg_dump says of a database."""
    done = subprocess.run([str(program), "--no-owner", *options, "--dbname", url], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
