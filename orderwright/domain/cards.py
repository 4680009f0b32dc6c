"""Does a text hold a card number? Found wherever it stands, and told apart from what else is long."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orderwright.domain.failures import Invalid

SHORTEST, LONGEST = 13, 19

# Between two digits: spaces of any kind, dots, dashes, slashes, in full width too; three at most.
_BETWEEN = r"[\s\-./_*\u00ad\u00b7\u200b-\u200d\u2010-\u2015\u2060\u2212\ufe58\ufe63\ufeff\uff0d\uff0e]{1,3}"
_RUN = re.compile(rf"\d+(?:{_BETWEEN}\d+)*")
_GROUP = re.compile(r"\d+")
# Names that hold long numbers and are no cards: UPS tracking numbers, UUIDs, telephone numbers in E.164.
_OTHERS = re.compile(
    r"\b1Z[0-9A-Z]{16}\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?![ ()./-]{0,2}\d)",
    re.IGNORECASE,
)
_BEGINNINGS = frozenset("234568")
_DOUBLED = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}
# Beginnings and lengths that card networks issue. Sources: ISO/IEC 7812 ranges as Visa, Mastercard, American
# Express, Discover (with Diners Club and UnionPay), JCB, Maestro and Mir publish them.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)(?:\d{11}|\d{13,16})"
    r"|(?:6011|64[4-9]\d|65\d\d|35(?:2[89]|[3-8]\d)|62\d\d|81\d\d|220[0-4])\d{12,15}"
    r"|(?:50(?:18|20|38)|5893|6304|6759|676[1-3])(?:\d{9}|\d{12,15})"
)


class CardNumberRefused(Invalid):
    """A card number must never reach us, not even by mistake."""

    code = "card_number_refused"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a card number stands in a text."""

    start: int
    end: int


def find(text: str, *, shortest: int = SHORTEST) -> Iterator[Found]:
    """Card numbers in it: an issued beginning and length, Luhn's check digit, whole groups of digits.

    Never found: 12 and fewer digits or 20 and more in a row, GTIN-13, GTIN-14 and SSCC-18 in a row with their
    check digit, UPS numbers, UUIDs, telephone numbers that begin with a plus. Of random numbers of 13 to 19
    digits 1 % is taken for one (of 16 digits 2.8 %, of 15 0.2 %).
    """
    others = [(other.start(), other.end()) for other in _OTHERS.finditer(text)]
    for run in _RUN.finditer(text):
        groups = [(one.start(), one.end()) for one in _GROUP.finditer(text, run.start(), run.end())]
        groups = [one for one in groups if not any(start <= one[0] < end for start, end in others)]
        yield from _in_groups(text, groups, shortest)


def holds_card_number(text: str, *, shortest: int = SHORTEST) -> bool:
    """Whether there is one. `shortest` is 14 for telephone numbers, of which many have 13 digits."""
    return len(text) >= shortest and any(True for _ in find(text, shortest=shortest))


def redacted(text: str) -> str:
    """The text with every card number blotted out."""
    spans = list(find(text)) if len(text) >= SHORTEST else []
    for span in reversed(spans):
        text = f"{text[: span.start]}[card]{text[span.end :]}"
    return text


def luhn(digits: str) -> bool:
    """Whether the check digit fits. Source: ISO/IEC 7812-1, annex B."""
    return (sum(map(int, digits[::-2])) + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


def gs1(digits: str) -> bool:
    """Whether the check digit of a barcode fits. Source: GS1 General Specifications, section 7.9."""
    return sum(int(digit) * (1 + 2 * (nth % 2)) for nth, digit in enumerate(reversed(digits))) % 10 == 0


def _in_groups(text: str, groups: list[tuple[int, int]], shortest: int) -> Iterator[Found]:
    """Windows of whole groups from left to right; what was found is not looked at again."""
    numbers = [_ascii(text[start:end]) for start, end in groups]
    length = sum(map(len, numbers))
    if length < shortest:
        return
    in_fours = len(groups) > 1 and length > LONGEST and all(len(one) == 4 for one in numbers[:-1])
    first = 0
    while first < (1 if in_fours else len(groups)):
        last = _window(numbers, first, shortest)
        if last is not None:
            yield Found(groups[first][0], groups[last][1])
            first = last
        first += 1


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)


def _window(numbers: Sequence[str], first: int, shortest: int) -> int | None:
    """The last group of a card number that begins with the group `first`."""
    digits = ""
    if numbers[first][0] not in _BEGINNINGS:
        return None
    for last in range(first, len(numbers)):
        digits += numbers[last]
        if len(digits) > LONGEST:
            return None
        if len(digits) >= shortest and _is_card(digits, in_a_row=first == last):
            return last
    return None


def _is_card(digits: str, *, in_a_row: bool) -> bool:
    if in_a_row and len(digits) in (13, 14, 18) and gs1(digits):
        return False
    return _ISSUED.fullmatch(digits) is not None and luhn(digits)
