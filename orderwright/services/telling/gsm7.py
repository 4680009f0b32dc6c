"""How long is a text as an SMS, and how is it made to fit the cheap alphabet?"""

import unicodedata

# The default alphabet of 3GPP TS 23.038 and its extension table, whose characters count twice.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
ONE_MESSAGE = 160


def plain(text: str) -> str:
    """`text` in that alphabet: accents fall off where it lacks them, the rest becomes question marks."""
    return "".join(_nearest(char) for char in text)


def _nearest(char: str) -> str:
    if char in _BASIC or char in _EXTENDED:
        return char
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return base if base and all(part in _BASIC for part in base) else "?"


def septets(text: str) -> int:
    """The length of a text of that alphabet; one message holds 160."""
    return sum(2 if char in _EXTENDED else 1 for char in text)
