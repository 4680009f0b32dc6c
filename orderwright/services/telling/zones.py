"""In which time zones may somebody with that address be?"""

import zoneinfo
from collections.abc import Mapping
from functools import cache
from pathlib import Path

# States and provinces by what most of their people live in; other countries have all of their zones.
_REGIONS: Mapping[str, Mapping[str, str]] = {
    "US": {
        "America/New_York": "CT DE DC FL GA IN KY ME MD MA MI NH NJ NY NC OH PA RI SC VT VA WV",
        "America/Chicago": "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY", "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA", "America/Anchorage": "AK", "Pacific/Honolulu": "HI",
    },
    "CA": {
        "America/Toronto": "ON QC", "America/Winnipeg": "MB", "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver": "BC", "America/Halifax": "NS NB PE", "America/St_Johns": "NL",
        "America/Whitehorse": "YT",
    },
    "AU": {
        "Australia/Sydney": "NSW ACT VIC TAS", "Australia/Brisbane": "QLD", "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT", "Australia/Perth": "WA",
    },
}  # fmt: skip
# Far islands have zones of their own: nobody there is meant where the country alone is known.
_MAINLAND = {"ES": ("Europe/Madrid",), "PT": ("Europe/Lisbon",), "FR": ("Europe/Paris",)}


def zones_of(country: str, region: str = "") -> tuple[str, ...]:
    """By state or province where these are known, else every zone of the country; UTC for what is none."""
    code, state = country.upper(), region.upper()
    for zone, states in _REGIONS.get(code, {}).items():
        if state in states.split():
            return (zone,)
    return _MAINLAND.get(code) or _by_country().get(code) or ("UTC",)


@cache
def _by_country() -> Mapping[str, tuple[str, ...]]:
    """From the time zone database's own table, where the machine has it."""
    found: dict[str, list[str]] = {}
    table = next(
        (Path(path) / "zone.tab" for path in zoneinfo.TZPATH if (Path(path) / "zone.tab").is_file()), None
    )
    for line in table.read_text(encoding="utf-8").splitlines() if table else ():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()}
