"""Names of persons and places in a form in which the same name is written the same way.

Nobody spells an Indonesian name in one way only: Mohamad, Muhammad, Moch.; Achmad, Ahmat; Soeharto, Suharto; H. Saeful
Anwar, S.Pd. and Saiful Anwar. What differs by such habits alone gets one `key`; what differs by more is left to the
comparison of pairs, which measures how much.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: Titles and forms of address before a name. They come and go from one list to the next.
_BEFORE = frozenset(
    "H HJ HAJI HAJJAH HAJAH K KH KIAI KYAI DR DRS DRA DRG IR PROF UST USTAD USTADZ USTAZ USTADZAH TN TUAN NY NYONYA "
    "NYI NN NONA SDR SDRI BPK BAPAK IBU RD R RADEN ALM ALMH ALMARHUM ALMARHUMAH".split()
)
#: Degrees behind a name, without their dots; as bare words only those that are no names either.
_DEGREES = frozenset(
    "SE SH ST SPD SPDI SPDSD SAG SIP SSOS SSOSI SKOM SKM SKEP SFARM SSI SP SPT SPI SST STR SHUT SPSI SIKOM SAP SHI SEI "
    "SSTP AMD AMDKEB AMDKEP AMK AMA MPD MPDI MM MSI MSC MH MT MKOM MAG MKES MAP MBA PHD LC MA NERS NS BA BSC APT ALM "
    "ALMH ALMARHUM ALMARHUMAH".split()
)
_BARE_DEGREES = _DEGREES - {"MA", "AMA", "BA", "SP", "ST", "NS", "MT", "MAP", "APT"}
_SON_OF = frozenset({"BIN", "BINTI", "BINTE", "BTE", "BT"})
_ALSO_CALLED = frozenset({"ALIAS", "ALS"})
_MUHAMMAD = re.compile(r"M[OU](?:H|CH|KH)(?:A+M{1,2}[AE]+[DT])?|MHD|MUHD|M[OU]HA?MM?[AE]D")
_SHORT = {"ABD": "ABDUL", "ABDL": "ABDUL", "TB": "TUBAGUS", "AGS": "AGUS", "MUHAMMD": "MUHAMMAD"}

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼʻ\"“”′"))
_ONLY_WORDS = re.compile(r"[A-Z ]*")
_SEPARATORS = re.compile(r"[\s/\\()\[\]{};:|_\-–—,]+")

#: Spellings of one sound, in the order in which they are made one.
_SOUNDS = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"^ABDU([DNRSTZ])\1*", r"ABDUL\1"),  # Abdurrahman is Abdul Rahman
        (r"OE", "U"),  # Ejaan lama: oe, dj, tj, nj, sj
        (r"DJ", "J"),
        (r"TJ", "C"),
        (r"NJ", "NY"),
        (r"SJ", "S"),
        (r"CH(?=R)", "K"),
        (r"CH(?=[OU]|A[EI]|[^AEIOUY]|$)", "H"),  # Achmad, Chaerul; but Chandra is Candra
        (r"CH", "C"),
        (r"KH", "H"),
        (r"(?:SY|SH|TS)", "S"),
        (r"(?:DZ|Z)", "J"),
        (r"DH", "D"),
        (r"TH", "T"),
        (r"GH", "G"),
        (r"BH", "B"),
        (r"(?:PH|F|V)", "P"),
        (r"Q", "K"),
        (r"X", "KS"),
        (r"(?:AI|AY(?![AEIOU]))", "AE"),
        (r"IE", "I"),
        (r"O", "U"),
        (r"Y(?![AEIOU])", "I"),
        (r"H$", ""),
        (r"D$", "T"),
        (r"(.)\1+", r"\1"),
    )
)
_REPEATED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is compared.

    Attributes:
        text: upper case, without titles, degrees and punctuation; abbreviations that mean one name written out. Empty
            when no name remains.
        key: the same whatever the habits of spelling: without spaces, without Muhammad before another name.
        first: key of the first word.
        short: key of the first word and the first letters of the others.
        words: how many words the key is made of.
        abbreviated: whether one of its words is a single letter.
        father: what stands behind bin or binti, empty where nothing does.
    """

    text: str
    key: str
    first: str
    short: str
    words: int
    abbreviated: bool
    father: str


def read_name(written: str | None) -> Name:
    """A name as some list writes it, in the form in which it is compared."""
    words = _words(_plain(written))
    for number, word in enumerate(words):
        if number and word in _ALSO_CALLED:
            words = words[:number]
            break
    father: list[str] = []
    for number, word in enumerate(words):
        if 0 < number < len(words) - 1 and word in _SON_OF:
            words, father = words[:number], words[number + 1 :]
            break
    words = _written_out(words)
    keys = [key for word in words if (key := fold_word(word))]
    if len(keys) > 1 and words[0] == "MUHAMMAD":
        keys = keys[1:]
    return Name(
        text=" ".join(words),
        key=_once("".join(keys)),
        first=keys[0] if keys else "",
        short="".join((keys[0], *(key[0] for key in keys[1:]))) if keys else "",
        words=len(keys),
        abbreviated=any(len(key) == 1 for key in keys),
        father=" ".join(father),
    )


@lru_cache(maxsize=1 << 16)
def fold_word(word: str) -> str:
    """A word of upper-case letters, the same for all its spellings; never empty unless the word is."""
    folded = word
    for pattern, instead in _SOUNDS:
        folded = pattern.sub(instead, folded)
    return folded or word


#: Ways of writing places of birth that are common in and around the regency.
_PLACES = {"BKS": "BEKASI", "JKT": "JAKARTA", "KRW": "KARAWANG", "BGR": "BOGOR", "PWK": "PURWAKARTA", "CKR": "CIKARANG"}
_KINDS_OF_PLACE = frozenset("KAB KABUPATEN KOTA KODYA KOTAMADYA KEC KECAMATAN DESA DS KEL KELURAHAN DKI PROV".split())
_QUARTERS = frozenset("UTARA SELATAN TIMUR BARAT PUSAT TENGAH".split())


def read_place(written: str | None) -> str:
    """Key of a place of birth: `Kab. Bekasi`, `BEKASI` and `bks` are one, and so are the quarters of a city."""
    words = [word for token in _SEPARATORS.split(_plain(written)) for word in _letters(token.replace(".", " ")).split()]
    words = [_PLACES.get(word, word) for word in words if word not in _KINDS_OF_PLACE] or words
    while len(words) > 1 and words[-1] in _QUARTERS:
        words.pop()
    return _once("".join(map(fold_word, words)))


def _plain(written: str | None) -> str:
    """Upper case, without accents and apostrophes."""
    if written and _ONLY_WORDS.fullmatch(written):
        return written
    parts = unicodedata.normalize("NFKD", written or "")
    # Upper case may bring accents of its own (ŉ), so they are taken away after it.
    parts = unicodedata.normalize("NFKD", parts.upper())
    return "".join(char for char in parts if not unicodedata.combining(char)).translate(_APOSTROPHES)


def _letters(text: str) -> str:
    return "".join(char if char.isalpha() or char == " " else "" for char in text)


def _words(text: str) -> list[str]:
    if _ONLY_WORDS.fullmatch(text):  # nearly all names
        return _without_titles(text.split())
    head, _, tail = text.partition(",")
    words: list[str] = []
    for part, degrees in ((head, _BARE_DEGREES), (tail, _DEGREES)):
        for token in _SEPARATORS.split(part):
            # No degree comes first: there ST is Siti.
            words += _pieces(token, degrees if words else frozenset())
    return _without_titles(words)


def _without_titles(words: list[str]) -> list[str]:
    while len(words) > 1 and words[0] in _BEFORE:
        words = words[1:]
    while len(words) > 1 and words[-1] in _BARE_DEGREES:
        words.pop()
    return words


def _pieces(token: str, degrees: frozenset[str]) -> list[str]:
    """Words of one token: `S.Pd.` is none, `M.Yusuf` two."""
    whole = _letters(token)
    if degrees and whole in (_DEGREES if "." in token else degrees):
        return []
    return [piece for part in token.split(".") if (piece := _letters(part))]


def _written_out(words: list[str]) -> list[str]:
    made = [_written_out_word(word) for word in words]
    if len(made) > 1:
        made[0] = {"M": "MUHAMMAD", "ST": "SITI"}.get(made[0], made[0])
    return made


@lru_cache(maxsize=1 << 16)
def _written_out_word(word: str) -> str:
    return "MUHAMMAD" if _MUHAMMAD.fullmatch(word) else _SHORT.get(word, word)


def _once(text: str) -> str:
    """Two words may meet in one letter."""
    return _REPEATED.sub(r"\1", text)
