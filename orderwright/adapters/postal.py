"""How does an address stand on paper?"""

from orderwright.domain.addresses import Address

CODE_LAST = frozenset({"US", "CA", "AU", "GB", "IE"})


def lines_of(address: Address) -> list[str]:
    """From the name to the country, empty lines left out. Source: Universal Postal Union, S42, in short."""
    if address.country in CODE_LAST:
        place = " ".join(filter(None, (address.city, address.region, address.postal_code)))
    else:
        place = " ".join(filter(None, (address.postal_code, address.city, address.region)))
    lines = (address.name, address.company, address.line1, address.line2, place, address.country)
    return [line for line in lines if line.strip()]
