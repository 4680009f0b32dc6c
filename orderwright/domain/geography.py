"""Roughly where is an address? Good enough to tell near from far."""

# Degrees of latitude and longitude of the middle of a country. Source: CIA World Factbook, rounded.
COUNTRIES: dict[str, tuple[float, float]] = {
    "AE": (24, 54), "AT": (47.3, 13.3), "AU": (-27, 133), "BE": (50.8, 4), "BH": (26, 50.5),
    "BR": (-10, -55), "CA": (60, -95), "CH": (47, 8), "CY": (35, 33), "CZ": (49.8, 15.5), "DE": (51, 9),
    "DK": (56, 10), "ES": (40, -4), "FI": (64, 26), "FR": (46, 2), "GB": (54, -2), "GR": (39, 22),
    "HK": (22.3, 114.2), "IE": (53, -8), "IL": (31.5, 34.8), "IS": (65, -18), "IT": (42.8, 12.8),
    "JP": (36, 138), "LB": (33.8, 35.8), "LT": (56, 24), "LU": (49.8, 6.2), "MT": (35.9, 14.4),
    "NL": (52.5, 5.8), "NO": (62, 10), "PL": (52, 20), "PT": (39.5, -8), "SA": (25, 45), "SE": (62, 15),
    "SG": (1.4, 103.8), "US": (38, -97), "ZA": (-29, 24),
}  # fmt: skip

# The middle of a US postal region by the first digit of the ZIP code. Source: USPS regions, rounded.
US_REGIONS = ((42.5, -72), (41, -76), (37, -79), (32, -84), (40, -84), (44, -93), (40, -90), (32, -96),
              (39, -109), (40, -120))  # fmt: skip

EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905 - read as a list


def place(country: str, postal_code: str = "") -> tuple[float, float]:
    """Latitude and longitude in degrees; an unknown country is the middle of the map."""
    if country == "US" and postal_code[:1].isdigit():
        return US_REGIONS[int(postal_code[0])]
    return COUNTRIES.get(country, (0, 0))


def transit_days(origin: str, destination: str, service: str) -> int:
    """Working days we promise between two countries; `express` halves them."""
    days = 3 if origin == destination else 5 if {origin, destination} <= EU | {"GB"} else 8
    return (days + 1) // 2 if service == "express" else days
