"""How long is a text as an SMS, and how is it made to fit the cheap alphabet?"""

import unicodedata

# The default alphabet of 3GPP TS 23.038 and its extension table, whose characters count twice.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_PUNCTUATION = {
    "\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2013": "-", "\u2014": "-", "\u2026": "...",
}  # fmt: skip
ONE_MESSAGE = 160
OF_SEVERAL = 153


def plain(text: str) -> str:
    """`text` in that alphabet: accents fall off where it lacks them, the rest becomes question marks."""
    return "".join(_nearest(char) for char in text)


def _nearest(char: str) -> str:
    if char in _BASIC or char in _EXTENDED:
        return char
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return base if base and all(part in _BASIC for part in base) else "?"


def septets(text: str) -> int:
    """The length of a text of that alphabet; one message holds 160."""
    return sum(2 if char in _EXTENDED else 1 for char in text)


def segments(text: str) -> int:
    """How many messages a text of that alphabet is: what is cut keeps 7 septets of each for its header."""
    length = septets(text)
    return 1 if length <= ONE_MESSAGE else -(-length // OF_SEVERAL)
