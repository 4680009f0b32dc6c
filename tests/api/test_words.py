"""Every page speaks every language."""

import re
import tomllib
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest

from api.console import words as catalog
from api.console.drafts import STEPS as RETURN_STEPS
from api.console.forms import SAID
from api.console.words import LANGUAGES, chosen, words
from orderwright.domain.delivery.cases import CLAIMABLE
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.money import Money
from orderwright.domain.returns.states import FOR_MONEY, ReturnMethod, ReturnReason, ReturnState
from orderwright.domain.telling.headlines import STEPS, Headline
from orderwright.services.portal.offers import Offer


def _texts(language: str) -> dict[str, str]:
    file = Path(catalog.__file__).parent / "words" / f"{language}.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {f"{table}.{key}": text for table, texts in tables.items() for key, text in texts.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_places_to_fill(language: str) -> None:
    english, own = _texts("en"), _texts(language)

    assert own.keys() == english.keys()
    for key in english:
        assert sorted(re.findall(r"{\w+}", own[key])) == sorted(re.findall(r"{\w+}", english[key])), key
        if language != "en" and key.startswith(("headline.", "about.", "moments.", "refused.")):
            assert own[key] != english[key], f"{key} is not translated"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_words(language: str) -> None:
    spoken = words(language)
    hidden = {ShipmentState.PLANNED, ShipmentState.VOIDED}

    for told, table in product(Headline, ("headline", "about")):
        assert spoken.say(f"{table}.{told}")
    assert all(spoken.say(f"state.{state}") for state in ShipmentState if state not in hidden)
    assert all(spoken.say(f"step.{step}") for step in STEPS)
    assert all(spoken.say(f"next.{offer}") for offer in Offer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_customer_chooses_or_is_refused_has_words(language: str) -> None:
    spoken = words(language)

    for state in ReturnState:
        assert spoken.say(f"returned.{state}")
        assert spoken.say(f"returned.{state}_about", day="today")
    assert all(spoken.say(f"return.{step}") for step in (*RETURN_STEPS, "what_heading", "how_heading"))
    assert all(spoken.say(f"reason.{reason}") for reason in ReturnReason)
    assert all(spoken.say(f"resolution.{one}") for one in FOR_MONEY)
    assert all(spoken.say(f"method.{method}_about") for method in ReturnMethod)
    assert all(spoken.say(f"wrong.{kind}") for kind in CLAIMABLE)
    for why in ("window_over", "not_returnable", "final_sale", *SAID.values()):
        assert spoken.say(f"problem.{why}")


@pytest.mark.parametrize(
    ("language", "amount", "text"),
    [
        ("en", Money(123450, "GBP"), "£1,234.50"),
        ("de", Money(123450, "EUR"), "1.234,50\N{NO-BREAK SPACE}€"),
        ("fr", Money(1234, "JPY"), "1\N{NARROW NO-BREAK SPACE}234\N{NO-BREAK SPACE}JPY"),
        ("es", Money(1234567, "KWD"), "1.234,567\N{NO-BREAK SPACE}KWD"),
    ],
)
def test_amounts_have_the_languages_form_and_the_currencys_decimals(
    language: str, amount: Money, text: str
) -> None:
    assert words(language).money(amount) == text


def test_days_and_moments_are_written_out() -> None:
    moment = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)

    assert [words(one).day(date(2026, 11, 26)) for one in LANGUAGES] == [
        "Thursday, November 26", "Donnerstag, 26. November", "jueves, 26 de noviembre", "jeudi 26 novembre",
    ]  # fmt: skip
    assert words("en").clock(moment) == "26 Nov, 09:05 UTC"


@pytest.mark.parametrize(
    ("customers", "accepted", "spoken"),
    [
        ("de-AT", "", "de"), ("de", "fr-CA,fr;q=0.9,en;q=0.5", "fr"), ("es", "ja,zh;q=0.9", "es"),
        ("ja", "", "en"), ("", "*", "en"),
    ],
)  # fmt: skip
def test_the_browser_chooses_before_the_customers_own_language(
    customers: str, accepted: str, spoken: str
) -> None:
    assert chosen(customers, accepted).language == spoken
