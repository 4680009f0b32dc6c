"""A link opens its one order until its last day, and nothing else does."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from orderwright.domain.failures import NotFound
from orderwright.services.portal.links import VALID, LinkEnded, Links

ORDER = UUID("01a217bd-50e7-75fe-a214-486a60d74a36")
RECORDED = date(2026, 11, 26)
LINKS = Links("a key", "https://shop.example/")


def test_a_link_opens_its_order() -> None:
    url = LINKS.order(ORDER)

    assert url == f"https://shop.example/o/{LINKS.token(ORDER)}"
    assert len(LINKS.token(ORDER)) == 44
    assert LINKS.read(LINKS.token(ORDER), RECORDED) == ORDER


def test_it_ends_after_its_last_day_and_says_so() -> None:
    token = LINKS.token(ORDER)
    last = RECORDED + VALID

    assert LINKS.read(token, last) == ORDER
    with pytest.raises(LinkEnded):
        LINKS.read(token, last + timedelta(days=1))


def test_another_shops_key_opens_nothing() -> None:
    token = Links("another key", "https://shop.example").token(ORDER)

    with pytest.raises(NotFound):
        LINKS.read(token, RECORDED)


@given(st.integers(0, 43), st.sampled_from("ABCXYZabcxyz0189-_"))
def test_a_letter_changed_opens_nothing(place: int, letter: str) -> None:
    token = LINKS.token(ORDER)
    changed = token[:place] + letter + token[place + 1 :]

    if changed != token:
        with pytest.raises(NotFound):
            LINKS.read(changed, RECORDED)


@given(st.text(max_size=60))
def test_no_text_is_a_link_or_anything_worse(text: str) -> None:
    with pytest.raises(NotFound):
        LINKS.read(text, date(2026, 11, 26))


def test_an_order_of_long_ago_taken_over_today_has_a_link_from_today() -> None:
    """Its id says when it was recorded; its date of 2010 is the other system's."""
    recorded = uuid7()

    assert LINKS.read(LINKS.token(recorded), datetime.now(UTC).date() + VALID) == recorded
