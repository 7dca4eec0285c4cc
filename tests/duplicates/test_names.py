"""Names of persons and places: one key for one name, however it is spelt."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entas.duplicates.names import fold_word, read_name, read_place

WORDS = st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=12), min_size=1, max_size=4)
NAMES = st.lists(
    st.sampled_from("AHMAD SITI NURHAYATI SAEPUL ANWAR FAUZIAH SYARIF DJOKO ZAENAL WATI KURNIAWAN".split()),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize(
    "same",
    [
        ("Saeful Anwar", "SAIFUL ANWAR", "H. Saepul Anwar, S.Pd.I", "Drs. SAEFUL  ANWAR", "SAEFUL ANWAR SE"),
        ("MUHAMMAD RIZKI", "M. Rizky", "Moch. Rizki", "MOHAMAD RIZKI", "MUCHAMMAD RIZQI", "M.RIZKI", "RIZKI"),
        ("SOEHARTO", "Suharto"),
        ("DJOKO SUSILO", "Joko Susilo"),
        ("TJAHYONO", "CAHYONO"),
        ("ABDURRAHMAN", "Abdul Rahman", "ABD. RAHMAN", "ABDULRAHMAN"),
        ("NUR'AINI", "NUR AINI", "NURAINI", "NUR’AENI"),
        ("SITI AISYAH", "ST. AISAH", "Hj. Siti Aisyah"),
        ("ACHMAD FAUZI", "AHMAD PAUJI", "Ahmad Fauzi (Alm)"),
        ("CHAERUL UMAM", "KHAIRUL UMAM"),
        ("CHANDRA", "CANDRA"),
        ("UJANG", "UJANG alias DADANG"),
        ("SITI AMINAH", "SITI AMINAH BINTI KARTA"),
        ("JOSÉ", "JOSE"),
    ],
)
def test_spellings_of_one_name_have_one_key(same: tuple[str, ...]) -> None:
    assert len({read_name(name).key for name in same}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HASAN", "HUSEN"), ("DINA", "DINI"), ("SITI AMINAH", "SITI AISYAH"), ("BUDI SANTOSO", "BUDI SETIAWAN"),
        ("ASEP", "DEDE"), ("MUHAMMAD RIZKI", "MUHAMMAD REZA"), ("AHMAD", "MUHAMMAD"),
    ],
)  # fmt: skip
def test_two_names_stay_two(one: str, other: str) -> None:
    assert read_name(one).key != read_name(other).key


def test_parts_of_a_name() -> None:
    name = read_name("H. Ahmad S. bin Karta Wijaya")
    assert (name.text, name.father, name.words, name.abbreviated) == ("AHMAD S", "KARTA WIJAYA", 2, True)
    assert name.short == read_name("AHMAD SANUSI").short
    assert (read_name("HJ").key, read_name("M").key) == ("HJ", "M")  # nothing else is left of it
    assert read_name("BIN ALI").father == ""


@given(st.one_of(st.none(), st.text(max_size=60)))
def test_any_text_is_read_and_what_is_read_stays_as_it_is(text: str | None) -> None:
    name = read_name(text)
    assert (name.text == "") == (name.key == "")
    again = read_name(name.text)
    assert again.text == name.text or len(again.text) < len(name.text)  # a title that hid behind another
    assert name.words <= max(1, len(name.text.split()))
    assert isinstance(read_place(text), str)


@given(
    NAMES,
    st.sampled_from(["", "H. ", "HJ ", "Drs. ", "Ir. H. "]),
    st.sampled_from(["", ", S.Pd.", ", S.E., M.M", " S.Ag"]),
)
def test_titles_case_and_spaces_do_not_matter(words: list[str], before: str, after: str) -> None:
    plain = read_name(" ".join(words))
    written = read_name(before + "  ".join(words).title() + after)
    assert (written.key, written.text) == (plain.key, plain.text)


@given(WORDS)
def test_the_key_holds_letters_alone_and_is_the_same_for_words_written_together(words: list[str]) -> None:
    key = read_name(" ".join(words)).key
    assert key.isalpha()
    assert all(left != right for left, right in pairwise(key))


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=20))
def test_no_word_is_folded_away(word: str) -> None:
    assert fold_word(word)


def test_places() -> None:
    assert len({read_place(text) for text in ("Kab. Bekasi", "BEKASI", "bks", "KOTA BEKASI", "Kabupaten  Bekasi")}) == 1
    assert read_place("JAKARTA TIMUR") == read_place("DKI Jakarta") != read_place("BEKASI")
    assert read_place("KOTA") != ""
    assert read_place(None) == read_place(" - ") == ""
