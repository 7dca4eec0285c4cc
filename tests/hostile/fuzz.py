"""Fuzzing of every reader: files near good ones, thrown at the readers until one of them does what it must not.

    .venv/bin/python -m tests.hostile.fuzz --seconds 300              # what `make fuzz` runs
    .venv/bin/python -m tests.hostile.fuzz --target csv --seed 7      # one kind, from a seed
    .venv/bin/python -m tests.hostile.fuzz --again FILE --target xls  # what was found, once more

Whatever the bytes, a reader has to end in time and in bounded memory, without an exception, with a printable reason or
with registers whose figures agree. A workbook is changed part by part and packed anew, so that the changes reach its
readers and not its checksums alone.

Where atheris is installed (it is no requirement; `uv pip install atheris`), its coverage leads the search in this
process. Elsewhere, or with `--engine loop`, a seeded loop runs in reading processes, which may die: what killed one is
found, kept in a file and told. Exit code 1 when anything was found.
"""

from __future__ import annotations

import argparse
import csv
import functools
import importlib
import importlib.util
import io
import os
import random
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

from entas import areas
from entas.intake.pool import ReaderPool
from entas.intake.prepare import PreparedUpload, ReadJob, prepare
from entas.registers import cells
from entas.registers.limits import Limits
from entas.registers.reading import read_upload
from tests.hostile import containers as c

LIMITS = Limits(
    upload_bytes=1_000_000,
    unpacked_bytes=20_000_000,
    sheets=50,
    rows=5_000,
    columns=200,
    seconds=20,
    memory_bytes=1_000_000_000,
)
_PAGE = (
    '<html><body><table border="1">'
    + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in c.TABLE)
    + "</table></body></html>"
)
_PARTS: dict[str, Callable[[], c.Parts]] = {
    "xlsx": lambda: c.xlsx_parts(shared=True),
    "xlsb": c.xlsb_parts,
    "ods": c.ods_parts,
}
_WHOLE: dict[str, Callable[[], bytes]] = {
    "xls": c.xls,
    "csv": lambda: c.csv_text().encode(),
    "markup": _PAGE.encode,
}
TARGETS = (*_PARTS, *_WHOLE, "cells")

#: What readers look for, so that a change is more often one that matters.
_WORDS = (
    b"<", b">", b"</", b"/>", b'"', b"'", b"&", b";", b",", b"\t", b"\n", b"\r", b"\r\n", b"\x00", b"\xff\xfe", b"=",
    b"<c", b'<c r="XFD1048576">', b'r="A1"', b't="s"', b't="e"', b't="b"', b't="d"', b"<v>", b"</v>", b"<f>", b"<f/>",
    b'<row r="99999">', b'hidden="1"', b'<mergeCell ref="A1:XFD9"/>', b"<is><t>", b"1e308", b"NaN", b"-1", b"0",
    b"4294967295", b"2147483648", b"99999999999999999999", b"#REF!", b"#DIV/0!", b"3.21601E+15", b"45000", b"-45000",
    b'table:number-rows-repeated="9"', b'table:number-columns-repeated="99"', b'office:value-type="date"',
    b'office:date-value="9999-99-99"', b'rowspan="9"', b'colspan="9"', b"<td>", b"</td>", b"<tr>", b"<table>",
    b"<![CDATA[",
    b"]]>", b"<!--", b"no_kk", b"nik", b"nama", b"Jumlah", b"###", b"sep=", b'="1"', b"Rp 1.2", b"31/02/2023",
    b"\x09\x08", b"\xfc\x00", b"\xff\xff", b"\x7f", b"\x80", b"\xe2\x80\xae", b"\xed\xa0\x80",
)  # fmt: skip


# --- one input -----------------------------------------------------------------------------------------------------


@functools.cache
def _workplace() -> tuple[Path, areas.Village]:
    folder = Path(tempfile.mkdtemp(prefix=f"entas-fuzz-{os.getpid()}-"))
    return folder, areas.villages("32.16")["32.16.09.2003"]


def check(target: str, contents: Sequence[bytes]) -> list[str | None]:
    """Give inputs to their reader; what is wrong with what it makes of each, None where nothing is."""
    if target == "cells":
        return [_trouble_of_cells(content) for content in contents]
    folder, village = _workplace()
    jobs = []
    for number, content in enumerate(contents):
        path = folder / f"{number}"
        path.write_bytes(content)
        jobs.append(ReadJob(path, f"a.{target}", village, date(2023, 11, 1), LIMITS))
    return [_trouble(upload) for upload in prepare(jobs, "key")]


def check_reading(target: str, content: bytes) -> None:
    """Give one input to its reader alone, without the rules, which take most of the time.

    Raises:
        Exception: whatever the reader raises, which it must not.
    """
    folder, village = _workplace()
    path = folder / "one"
    path.write_bytes(content)
    reading = read_upload(path, f"a.{target}", village=village, received_on=date(2023, 11, 1), limits=LIMITS)
    for register in reading.registers.values():
        assert len(register.rows) == len(register.cells) == len(register.prepared) <= LIMITS.rows


def _trouble(upload: PreparedUpload) -> str | None:
    if upload.trouble is not None:
        return upload.trouble
    if upload.error is not None:
        proper = upload.error.isprintable() and 20 < len(upload.error) < 5_000
        return None if proper else f"no proper reason: {upload.error!r}"
    for name, register in upload.registers.items():
        loaded = list(csv.reader(io.StringIO(register.csv.decode(), newline="")))
        if not register.rows_read == register.rows_good + register.rows_quarantined <= LIMITS.rows:
            return f"{name}: {register.rows_read} rows read, {register.rows_good} good"
        if not (len(loaded) == register.rows_good and {len(row) for row in loaded} <= {len(register.columns)}):
            return f"{name}: {len(loaded)} rows to load of {register.rows_good}"
        if len({finding[:2] for finding, _ in register.quarantined}) != register.rows_quarantined:
            return f"{name}: not every row that is left out has its reason"
    return None


_PARSERS = (
    cells.parse_text,
    cells.parse_place,
    cells.parse_date,
    cells.parse_amount,
    cells.parse_decile,
    cells.repair_id,
    cells.judge_nik,
)


def _trouble_of_cells(content: bytes) -> str | None:
    """Give what bytes can mean to every parser of cells: a text, numbers, an error."""
    text = content.decode("utf-8", "replace")
    values: list[object] = [text, cells.BrokenCell(text, "error")]
    if len(content) >= 8:
        values += [int.from_bytes(content[:8], "little", signed=True), struct.unpack("<d", content[:8])[0]]
    for value in values:
        for parse in _PARSERS:
            try:
                _, state = parse(value)
            except Exception as error:  # noqa: BLE001 - finding it is the purpose
                return f"{parse.__name__} of {value!r}: {type(error).__name__}: {error}"
            if state not in cells.STATES:
                return f"{parse.__name__} of {value!r} is {state!r}"
        cells.is_blank(value)
        cells.written(value)
    return None


# --- inputs --------------------------------------------------------------------------------------------------------


def changed(chance: random.Random, content: bytes) -> bytes:
    """The content after a few changes: pieces left out, doubled, moved, turned, or taken from what readers look for."""
    body = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randint(0, len(body))
        length = min(chance.choice((1, 1, 2, 4, 16, 100)), len(body) - at)
        kind = chance.randrange(7)
        if kind == 0:
            del body[at : at + length]
        elif kind == 1:
            body[at:at] = chance.choice(_WORDS)
        elif kind == 2:
            body[at : at + length] = chance.choice(_WORDS)
        elif kind == 3:
            body[at:at] = body[at : at + length] * chance.choice((1, 2, 50))
        elif kind == 4 and at < len(body):
            body[at] ^= 1 << chance.randrange(8)
        elif kind == 5:
            body[at : at + length] = chance.randbytes(length)
        else:
            piece = body[at : at + length]
            del body[at : at + length]
            to = chance.randint(0, len(body))
            body[to:to] = piece
    return bytes(body)


def made(target: str, seed: int) -> bytes:
    """The input of a seed."""
    chance = random.Random(f"{target} {seed}")
    return _built(target, lambda content: changed(chance, content), chance.random())


def _built(target: str, change: Callable[[bytes], bytes], choice: float) -> bytes:
    if target in _PARTS:
        parts = _PARTS[target]()
        name = list(parts)[int(choice * len(parts) * 0.999)]
        return c.packed(parts | {name: change(parts[name])})
    if target == "cells":
        texts = [str(cell).encode() for row in c.TABLE for cell in row]
        more = [b"Rp 1.288.680,00", b"17 Agustus 1945", b"1,2 juta", b"3.21601E+15", b"'3216090101230001", b"31-12-99"]
        both = texts + more
        return change(both[int(choice * len(both) * 0.999)])
    return change(_WHOLE[target]())


# --- engines -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Round:
    """Inputs of one target, by their seeds."""

    target: str
    seeds: range


def play(one: Round) -> list[tuple[int, str]]:
    """In a reading process: seed and error of each input that its reader must not end in."""
    troubles = check(one.target, [made(one.target, seed) for seed in one.seeds])
    return [(seed, trouble) for seed, trouble in zip(one.seeds, troubles, strict=True) if trouble is not None]


def play_all(pool: ReaderPool, rounds: Sequence[Round]) -> list[tuple[str, int, str]]:
    """Target, seed and error of what was found; an input that kills its process is one of them."""
    died = "the process that read it died or took too long"
    found = []
    for one, result in zip(rounds, pool.each(play, rounds, lambda _: None), strict=True):
        if result is None and len(one.seeds) > 1:
            middle = len(one.seeds) // 2
            found += play_all(pool, [Round(one.target, one.seeds[:middle]), Round(one.target, one.seeds[middle:])])
        else:
            errors = [(one.seeds[0], died)] if result is None else result
            found += [(one.target, seed, error) for seed, error in errors]
    return found


def _loop(targets: Sequence[str], seconds: float, first: int, keep: Path) -> int:
    until, seed, inputs, kept = time.monotonic() + seconds, first, 0, 0
    with ReaderPool("key", limits=LIMITS) as pool:
        while time.monotonic() < until:
            rounds = [Round(target, range(seed, seed + 50)) for target in targets]
            for target, number, error in play_all(pool, rounds):
                kept += 1
                path = keep / f"{target}-{number}"
                path.write_bytes(made(target, number))
                print(f"{path}: {error[:300]}", flush=True)
            seed += 50
            inputs += sum(len(one.seeds) for one in rounds)
    print(f"{inputs} inputs of {', '.join(targets)} from seed {first}: {kept} found")
    return 1 if kept else 0


def _led_by_coverage(targets: Sequence[str], seconds: float, keep: Path) -> int:
    import atheris

    def one(data: bytes) -> None:
        given = atheris.FuzzedDataProvider(data)
        target = targets[given.ConsumeIntInRange(0, len(targets) - 1)]
        choice, seed = given.ConsumeProbability(), given.ConsumeInt(4)
        at, length = given.ConsumeProbability(), given.ConsumeIntInRange(0, 40)
        piece = given.ConsumeBytes(given.remaining_bytes())
        chance = random.Random(seed)

        def change(content: bytes) -> bytes:
            start = int(at * len(content))
            content = content[:start] + piece + content[start + length :]
            return changed(chance, content) if seed % 2 else content

        content = _built(target, change, choice)
        if target != "cells":
            check_reading(target, content)
        elif trouble := _trouble_of_cells(content):
            raise AssertionError(trouble)

    arguments = [
        sys.argv[0],
        f"-max_total_time={int(seconds)}",
        f"-artifact_prefix={keep}/",
        "-timeout=60",
        "-max_len=400",
    ]
    atheris.Setup([*arguments, "-rss_limit_mb=4000", "-verbosity=0", "-print_final_stats=1"], one)
    atheris.Fuzz()
    return 0


def main() -> int:
    """Fuzz, or try again what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--target", choices=["all", *TARGETS], default="all")
    parser.add_argument("--seed", type=int, default=0, help="of the loop: the same seed, the same inputs")
    parser.add_argument("--engine", choices=["auto", "atheris", "loop"], default="auto")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "entas-fuzz", metavar="FOLDER")
    parser.add_argument("--again", type=Path, metavar="FILE", help="give this file to the reader of --target")
    given = parser.parse_args()
    if given.again:
        (trouble,) = check(given.target, [given.again.read_bytes()])
        print(trouble or "nothing found")
        return 1 if trouble else 0
    given.keep.mkdir(parents=True, exist_ok=True)
    targets = TARGETS if given.target == "all" else (given.target,)
    if given.engine == "atheris" or (given.engine == "auto" and importlib.util.find_spec("atheris")):
        return _led_by_coverage(targets, given.seconds, given.keep)
    return _loop(targets, given.seconds, given.seed, given.keep)


def _itself() -> ModuleType:
    """This module under its own name, by which the processes find it; its readers instrumented where atheris is."""
    if importlib.util.find_spec("atheris"):
        import atheris

        for name in [name for name in sys.modules if name.partition(".")[0] == "entas"]:
            del sys.modules[name]
        with atheris.instrument_imports(include=["entas.registers"]):
            return importlib.import_module("tests.hostile.fuzz")
    return importlib.import_module("tests.hostile.fuzz")


if __name__ == "__main__":
    sys.exit(_itself().main())
