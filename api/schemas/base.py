"""What every body is made of: strict fields, clean text, and no card number anywhere."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

LARGEST_AMOUNT = 10**12
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
DIGITS = re.compile(r"\d(?:[ .\-/_]?\d){12,}")
# Lengths and beginnings that card networks issue. Source: ISO/IEC 7812 ranges as the networks publish them.
ISSUED = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)


class Body(BaseModel):
    """What a caller sends. An unknown field is an error, never dropped silently."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What a caller reads. Fields are only added."""

    model_config = ConfigDict(from_attributes=True)


Item = TypeVar("Item")


class Listing(Out, Generic[Item]):
    """One page. `next` is the cursor of the next one, also in the Link header; null on the last."""

    data: list[Item]
    next: str | None = None


def luhn(digits: str) -> bool:
    """Whether the check digit fits. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for nth, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + nth % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _runs(text: str) -> list[str]:
    ascii_only = text if text.isascii() else "".join(_digit(char) for char in text)
    return [re.sub(r"\D", "", match) for match in DIGITS.findall(ascii_only)]


def _digit(char: str) -> str:
    return str(int(char)) if char.isdecimal() else char


def holds_card_number(text: str) -> bool:
    """Whether 13 to 19 digits in it, in a row but for separators, pass Luhn's check."""
    return any(
        luhn(run[start : start + size])
        for run in _runs(text)
        for size in range(13, min(len(run), 19) + 1)
        for start in ({0} if len(run) <= 19 else range(len(run) - size + 1))
        if len(run) == size or len(run) > 19
    )


def _refuse() -> PydanticCustomError:
    return PydanticCustomError("card_number_refused", "This looks like a card number")


def clean(text: str) -> str:
    """Text without control characters (tab and new line may stay) and without a card number."""
    if CONTROL.search(text):
        raise PydanticCustomError("control_character", "This holds a control character")
    if holds_card_number(text):
        raise _refuse()
    return text


def clean_identifier(text: str) -> str:
    """An identifier: one line. Long numbers are usual (barcodes, shop ids): only issued card ranges count."""
    if CONTROL.search(text) or any(char in text for char in "\t\r\n"):
        raise PydanticCustomError("control_character", "This holds a control character")
    digits = re.sub(r"[ .\-/_]", "", text)
    if ISSUED.fullmatch(digits) and luhn(digits):
        raise _refuse()
    return text


def printable(text: str) -> str:
    """Text to look something up by."""
    if CONTROL.search(text):
        raise PydanticCustomError("control_character", "This holds a control character")
    return text


def bounded(moment: datetime) -> datetime:
    """A moment that every part of the system can calculate with, in UTC."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        utc = EARLIEST.replace(year=1)
    if not EARLIEST <= utc < LATEST:
        raise PydanticCustomError("moment_out_of_range", "This is not between 1970 and 2200")
    return utc


def bounded_day(day: date) -> date:
    """A day that every part of the system can calculate with."""
    if not EARLIEST.date() <= day < LATEST.date():
        raise PydanticCustomError("moment_out_of_range", "This is not between 1970 and 2200")
    return day


Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(clean)]
Note = Annotated[str, StringConstraints(max_length=2000), AfterValidator(clean)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(clean)]
Identifier = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, strip_whitespace=True),
    AfterValidator(clean_identifier),
]
Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,49}$"), AfterValidator(clean_identifier)
]
Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    AfterValidator(clean),
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9](?:[ ()./-]{0,2}[0-9]){3,14}$|^$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Lookup = Annotated[str, StringConstraints(min_length=1, max_length=254), AfterValidator(printable)]
Minor = Annotated[int, Field(strict=True, ge=0, le=LARGEST_AMOUNT)]
Positive = Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT)]
Units = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Measure = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Flag = Annotated[bool, Field(strict=True)]
Moment = Annotated[AwareDatetime, AfterValidator(bounded)]
Day = Annotated[date, AfterValidator(bounded_day)]
