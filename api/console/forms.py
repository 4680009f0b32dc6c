"""How is a form of a page read: its fields, its key that counts once, what is wrong beside which field?"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from api.schemas.base import Body, Note
from orderwright.domain.failures import Failure

MEDIA_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 3_000
_KEY = re.compile(r"[A-Za-z0-9_-]{22}")
SAID = {
    "missing": "missing", "string_too_short": "missing", "string_too_long": "too_long",
    "card_number_refused": "card", "control_character": "characters",
}  # fmt: skip
"""What a schema finds, in our words; whatever else is `invalid`."""

Problems = Mapping[str, str]
"""By field, what is wrong with it: a key of the table `problem`. None: nothing."""


class Faulty(Failure):
    """A form that cannot be taken as it is: the page that has the fields shows it again."""

    code = "faulty_form"

    def __init__(self, page: str, problems: Problems) -> None:
        super().__init__("the form has to be filled in otherwise")
        self.page, self.problems = page, problems


class Words(Body):
    """What somebody may write in his own words."""

    note: Note = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a form; of one that is named twice the last counts."""

    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """Without white space around it; empty where it was not sent."""
        return self.fields.get(name, "").strip()

    @property
    def key(self) -> str:
        """The hidden value of one filling in. Raises HTTPException where it is none of ours."""
        key = self.text("once")
        if _KEY.fullmatch(key) is None:
            raise HTTPException(400, "no form of ours")
        return key


def fresh_key() -> str:
    """For a form that is shown for the first time."""
    return secrets.token_urlsafe(16)


async def sent(request: Request) -> Sent:
    """What the browser sends. Raises HTTPException."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != MEDIA_TYPE:
        raise HTTPException(415, "send it with the form of the page")
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise HTTPException(400, "no form of ours") from None
    return Sent(dict(pairs))


InForm = Annotated[Sent, Depends(sent)]


def problems_of(error: ValidationError) -> dict[str, str]:
    """What a schema found, by field."""
    found: Any = error.errors(include_input=False, include_url=False)  # Any: pydantic's own
    return {str(one["loc"][0]) if one["loc"] else "": SAID.get(one["type"], "invalid") for one in found}


def words_problems(text: str) -> dict[str, str]:
    """What is wrong with the customer's own words in the field `note`."""
    try:
        Words(note=text)
    except ValidationError as error:
        return problems_of(error)
    return {}
