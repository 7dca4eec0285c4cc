"""Writes the sample to a folder."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from entas.errors import EntasError
from entas.sample import truth
from entas.sample.plan import plan
from entas.sample.uploads import NO_UPLOADS, Upload, make_uploads

Progress = Callable[[int, int], None]

#: Enough to use both cores of a small machine; more would gain little over the time it takes to start.
PROCESSES = 2

README = """# Contoh masukan Entas

**Seluruh isi folder ini rekaan.** Nama, NIK, nomor KK, alamat, penghasilan, keputusan musyawarah, dan bantuan di
dalamnya dibuat oleh program; tidak satu pun milik orang yang sungguh ada. Kesamaan dengan orang yang hidup atau yang
telah meninggal adalah kebetulan. Nama desa dan kelurahan saja yang nyata. Jangan memakai data ini untuk keputusan apa
pun, dan jangan mencampurnya dengan data penduduk yang sebenarnya.

- `inbox/<kode desa>/<tahun-bulan>/`: berkas dari 187 desa dan kelurahan Kabupaten Bekasi untuk Agustus, September,
  dan Oktober 2023, dalam format yang lazim dipakai (buku kerja Entas, ekspor penduduk OpenSID, DDK OpenSID), lengkap
  dengan kesalahan yang lazim pula: sel kosong, tanda petik di depan NIK, tanggal yang tidak terbaca, potongan data,
  berkas rusak, berkas ganda, perbaikan yang terlambat.
- `truth.json`: apa yang sengaja ditanam dan berapa jumlah yang harus diperoleh setiap bulan. Entas tidak pernah
  membaca berkas ini; hanya peragaan dan pengujian yang membandingkan hasilnya dengan berkas ini.

Jumlah keluarga miskin ekstrem pada bulan pertama (1.926) dan terakhir (1.160) mengikuti angka yang dilaporkan
Kabupaten Bekasi untuk tahun 2023. Selebihnya rekaan.

Waktu ubah berkas menunjukkan urutan kedatangannya; salinlah dengan waktu itu (`cp -a`), sebab berkas yang datang
kemudian menggantikan yang sebelumnya.
"""


def write_sample(output: Path, *, seed: int = 2023, progress: Progress | None = None) -> None:
    """Writes an invented set of uploads for all villages of Kabupaten Bekasi, 2023-08 to 2023-10.

    All persons and figures are invented. Equal seeds give equal files, to the byte and to the modification time.

    Args:
        output: folder to write ``inbox/``, ``truth.json`` and ``BACA-SAYA.md`` into; made if need be.
        seed: chooses the persons and who is planted where; the planted counts are the same for every seed.
        progress: called with the number of files written so far and in all.

    Raises:
        EntasError: the folder holds a sample or an inbox already, or cannot be written.
    """
    output = Path(output)
    inbox = output / "inbox"
    if inbox.exists():
        raise EntasError(f"{inbox} exists already: name an empty folder, or remove it first")
    try:
        inbox.mkdir(parents=True)
        _write(output, seed, progress or (lambda done, total: None))
    except OSError as error:
        raise EntasError(f"cannot write the sample to {output}: {error.strerror or error}") from error


def _write(output: Path, seed: int, progress: Progress) -> None:
    uploads = _uploads(seed)
    inbox = output / "inbox"
    for folder in sorted({upload.path.rpartition("/")[0] for upload in uploads}):
        (inbox / folder).mkdir(parents=True)
    total = len(uploads)
    # Each process plans the whole world itself (a second) and writes every other file: less than sending it the rows.
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        parts = [pool.submit(_write_share, inbox, seed, share) for share in range(PROCESSES)]
        done = 0
        for part in parts:
            done += part.result()
            progress(done, total)
    first = uploads[0]
    for name in NO_UPLOADS:
        path = (inbox / first.path).with_name(name)
        path.write_bytes(b"")
        _set_time(path, first)
    told = truth.tell(plan(seed), uploads)
    (output / "truth.json").write_text(_json(told), encoding="utf-8")
    (output / "BACA-SAYA.md").write_text(README, encoding="utf-8")


@lru_cache(maxsize=2)
def _uploads(seed: int) -> list[Upload]:
    return make_uploads(plan(seed))


def _write_share(inbox: Path, seed: int, share: int) -> int:
    mine = _uploads(seed)[share::PROCESSES]
    for upload in mine:
        path = inbox / upload.path
        path.write_bytes(upload.content())
        _set_time(path, upload)
    return len(mine)


def _set_time(path: Path, upload: Upload) -> None:
    moment = int(upload.arrived.timestamp())
    os.utime(path, (moment, moment))


def _json(told: dict[str, Any]) -> str:
    """Indented, but one family or upload a line, so that two truths can be compared by eye."""
    lists = {key: told[key] for key in ("uploads", "families")}
    rest = json.dumps({k: v for k, v in told.items() if k not in lists}, ensure_ascii=False, indent=1)
    parts = [rest.rstrip().removesuffix("}").rstrip()]
    for key, items in lists.items():
        lines = ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in items)
        parts.append(f' "{key}": [\n  {lines}\n ]')
    return ",\n".join(parts) + "\n}\n"
