"""What is a postal address, and can it be delivered to?"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes or comes from (`country`: ISO 3166-1). Personal: in rows, never in histories."""

    name: str
    line1: str
    city: str
    postal_code: str
    country: str
    line2: str = ""
    region: str = ""
    company: str = ""
    phone: str = ""


# Postal codes by country as regular expressions. Source: Universal Postal Union's addressing database.
POSTAL_CODES: dict[str, str] = {
    "AT": r"\d{4}", "AU": r"\d{4}", "BE": r"\d{4}", "CA": r"[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d",
    "CH": r"\d{4}", "CY": r"\d{4}", "CZ": r"\d{3} ?\d{2}", "DE": r"\d{5}", "DK": r"\d{4}",
    "ES": r"\d{5}", "FI": r"\d{5}", "FR": r"\d{5}", "GB": r"GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "GR": r"\d{3} ?\d{2}", "IL": r"\d{5}(\d{2})?", "IS": r"\d{3}", "IT": r"\d{5}",
    "JP": r"\d{3}-?\d{4}", "LT": r"(LT-)?\d{5}", "LU": r"\d{4}", "MT": r"[A-Z]{3} ?\d{4}",
    "NL": r"\d{4} ?[A-Z]{2}", "NO": r"\d{4}", "PL": r"\d{2}-?\d{3}", "PT": r"\d{4}-\d{3}",
    "SE": r"\d{3} ?\d{2}", "SG": r"\d{6}", "US": r"\d{5}(-\d{4})?",
}  # fmt: skip
REGION_NEEDED = frozenset({"US", "CA", "AU"})
NO_POSTAL_CODE = frozenset({"IE", "HK", "AE"})
CODE_LAST = frozenset({"US", "CA", "AU", "GB", "IE"})


def problems(address: Address) -> list[str]:
    """Why nothing can be delivered there, as stable words; an empty list is a good address."""
    found = [f"{field}_missing" for field in ("name", "line1", "city") if not getattr(address, field).strip()]
    pattern = POSTAL_CODES.get(address.country)
    code = address.postal_code.strip().upper()
    if not re.fullmatch(r"[A-Z]{2}", address.country):
        found.append("country_unknown")
    elif pattern is not None and not re.fullmatch(pattern, code):
        found.append("postal_code_wrong")
    elif pattern is None and not code and address.country not in NO_POSTAL_CODE:
        found.append("postal_code_missing")
    if address.country in REGION_NEEDED and not address.region.strip():
        found.append("region_missing")
    return found


def lines_of(address: Address) -> list[str]:
    """From the name to the country, empty lines left out. Source: Universal Postal Union, S42, in short."""
    if address.country in CODE_LAST:
        place = " ".join(filter(None, (address.city, address.region, address.postal_code)))
    else:
        place = " ".join(filter(None, (address.postal_code, address.city, address.region)))
    lines = (address.name, address.company, address.line1, address.line2, place, address.country)
    return [line for line in lines if line.strip()]
