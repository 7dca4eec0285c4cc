"""The particulars of the office, from the package and from `$ENTAS_HOME/letterhead.yaml`."""

from __future__ import annotations

import pytest

from entas.errors import EntasError
from entas.reporting import load_letterhead

WORDS = {"regency": "Kabupaten Bekasi", "province": "Jawa Barat", "month": "November", "year": "2023"}


def write(settings, text: str) -> None:
    (settings.home / "letterhead.yaml").write_text(text, encoding="utf-8")


def test_the_default_names_nobody(settings):
    head = load_letterhead(settings).filled(**WORDS)
    assert head.government == "PEMERINTAH Kabupaten Bekasi"
    assert head.recipient[0] == "Gubernur Jawa Barat"
    assert (head.signatory.name, head.signatory.nip) == (None, None)


def test_a_file_in_the_home_overrides_single_keys(settings):
    write(settings, 'place: "Cikarang Pusat"\nsignatory: {name: "Nama Pejabat"}\nnumber: "400/ /Dinsos/{year}"\n')
    head = load_letterhead(settings).filled(**WORDS)
    assert head.place == "Cikarang Pusat"
    assert head.signatory.name == "Nama Pejabat"
    assert head.signatory.position == "Kepala Dinas Sosial"
    assert head.number == "400/ /Dinsos/2023"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kop: x", "unknown key kop"),
        ("signatory: {nama: x}", r"unknown key signatory\.nama"),
        ("signatory: {nip: 196001011985031001}", "signatory.nip must be a text in quotes"),
        ("copies: satu", "copies must be a list"),
        ("- x", "must hold keys"),
        ("office: [", "cannot be read as YAML"),
        ('logo: "lambang.svg"', "cannot be read"),
        ('logo: "lambang.gif"', "must be an SVG or PNG"),
    ],
)
def test_a_mistake_is_named(settings, text, told):
    write(settings, text)
    with pytest.raises(EntasError, match=told):
        load_letterhead(settings)


def test_an_unknown_placeholder_is_named(settings):
    write(settings, 'number: "{nomor}"')
    with pytest.raises(EntasError, match="nomor"):
        load_letterhead(settings).filled(**WORDS)
