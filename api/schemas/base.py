"""What every body is made of: strict fields, clean text, and no card number anywhere."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from orderwright.domain import cards

LARGEST_AMOUNT = 10**12
PHONE = 14
"""Telephone numbers have up to 13 digits in practice: a card in their place has more."""
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Body(BaseModel):
    """What a caller sends. An unknown field is an error, never dropped silently; nor is a card number."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _no_card_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Of every field of every body (Any: whatever it is); bodies inside have looked themselves."""
        refuse_cards(value, shortest=PHONE if info.field_name == "phone" else cards.SHORTEST)
        return value


class Out(BaseModel):
    """What a caller reads. Fields are only added."""

    model_config = ConfigDict(from_attributes=True)


Item = TypeVar("Item")


class Listing(Out, Generic[Item]):
    """One page. `next` is the cursor of the next one, also in the Link header; null on the last."""

    data: list[Item]
    next: str | None = None


def refuse_cards(value: Any, *, shortest: int = cards.SHORTEST) -> None:
    """Refuse a card number in a text, a number, or whatever JSON holds (Any), names of members included."""
    if isinstance(value, str):
        if cards.holds_card_number(value, shortest=shortest):
            raise PydanticCustomError("card_number_refused", "This looks like a card number")
    elif isinstance(value, int) and not isinstance(value, bool):
        refuse_cards(str(value))
    elif isinstance(value, dict):
        for name, part in value.items():
            refuse_cards(name)
            refuse_cards(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            refuse_cards(part)


def clean(text: str) -> str:
    """Text without control characters (tab and new line may stay)."""
    if CONTROL.search(text):
        raise PydanticCustomError("control_character", "This holds a control character")
    return text


def clean_identifier(text: str) -> str:
    """An identifier: one line."""
    if CONTROL.search(text) or any(char in text for char in "\t\r\n"):
        raise PydanticCustomError("control_character", "This holds a control character")
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
Days = Annotated[int, Field(strict=True, ge=0, le=365)]
Moment = Annotated[AwareDatetime, AfterValidator(bounded)]
Day = Annotated[date, AfterValidator(bounded_day)]
