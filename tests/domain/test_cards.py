"""Card numbers are found however they are written; tracking numbers, barcodes and telephone numbers pass."""

import random
import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.cards import gs1, holds_card_number, luhn, redacted

# As the networks and payment providers publish them for tests.
PUBLISHED = [
    "4242424242424242", "4000056655665556", "4222222222222", "5555555555554444", "2223003122003222",
    "5105105105105100", "378282246310005", "371449635398431", "6011111111111117", "6011000990139424",
    "3056930009020004", "36227206271667", "3566002020360505", "6200000000000005", "6205500000000000004",
    "2200000000000053", "6304000000000000", "5018000000000009", "4012888888881881",
]  # fmt: skip
PREFIXES = ["4", "51", "55", "2221", "2720", "34", "37", "6011", "644", "65", "3528", "3589", "62"]
LENGTHS = {"34": 15, "37": 15}
SEPARATORS = [" ", "-", ".", "\u00a0", "\u2011", "\u2013", "\uff0d", "\u200b", " - "]
digits = st.text(alphabet="0123456789", min_size=22, max_size=22)


def checked(body: str, rule: object = luhn) -> str:
    """The digits with the check digit that fits."""
    assert callable(rule)
    return next(body + last for last in "0123456789" if rule(body + last))


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """Of any network, valid."""
    prefix = draw(st.sampled_from(PREFIXES))
    return checked((prefix + draw(digits))[: LENGTHS.get(prefix, 16) - 1])


@st.composite
def written(draw: st.DrawFn) -> str:
    """The same as people or attackers write it: with separators anywhere, in other digits."""
    number, separator = draw(card_numbers()), draw(st.sampled_from(["", *SEPARATORS]))
    cuts = draw(st.sets(st.integers(1, len(number) - 1)))
    zero = draw(st.sampled_from([ord("0"), 0xFF10, 0x0660, 0x0966, 0x1D7CE]))
    text = "".join((separator if i in cuts else "") + chr(zero + int(d)) for i, d in enumerate(number))
    before, after = (
        draw(st.sampled_from(["", "card:", "pay with "])),
        draw(st.sampled_from(["", " 12/27", "!"])),
    )
    return f"{before}{text}{after}"


@pytest.mark.parametrize("number", PUBLISHED)
def test_the_networks_own_test_numbers_are_found(number: str) -> None:
    assert holds_card_number(number)
    assert holds_card_number(f"please charge {number[:4]} {number[4:8]}-{number[8:]}, thanks")


@given(written())
def test_a_card_number_is_found_however_it_is_written(text: str) -> None:
    assert holds_card_number(text)
    assert not holds_card_number(redacted(text))
    assert "[card]" in redacted(text)


@given(card_numbers(), card_numbers())
def test_two_in_one_text_are_both_blotted_out(one: str, other: str) -> None:
    assert redacted(f"{one} {other}") == "[card] [card]"
    assert redacted(f"{one}, then {other}.") == "[card], then [card]."


@given(digits, st.sampled_from([1, 8, 11, 12, 20, 21, 22]))
def test_twelve_and_fewer_or_twenty_and_more_in_a_row_always_pass(number: str, length: int) -> None:
    assert not holds_card_number(number[:length])


@given(digits, st.sampled_from([13, 14, 18]))
def test_barcodes_and_pallet_labels_always_pass(number: str, length: int) -> None:
    code = checked(number[: length - 1], gs1)

    assert not holds_card_number(code)
    assert not holds_card_number(f"SKU {code}")
    assert not holds_card_number(f"(00){code}" if length == 18 else f"(01){code}")


@given(st.text(alphabet=string.digits + string.ascii_uppercase, min_size=16, max_size=16))
def test_ups_numbers_always_pass(rest: str) -> None:
    assert not holds_card_number(f"1Z{rest}")
    assert not holds_card_number("1Z" + "4242424242424242")


@given(st.sampled_from(["91", "92", "93", "94", "95"]), digits)
def test_usps_numbers_pass_in_fours_too(service: str, number: str) -> None:
    number = (service + number)[:22]

    assert not holds_card_number(number)
    assert not holds_card_number(" ".join(number[i : i + 4] for i in range(0, 22, 4)))


@given(st.sampled_from(["02", "07", "09", "39", "61", "77", "98"]), digits)
def test_fedex_ground_numbers_pass(prefix: str, number: str) -> None:
    assert not holds_card_number((prefix + number)[:15])
    assert not holds_card_number(number[:12])


@given(st.uuids())
def test_uuids_always_pass(name: UUID) -> None:
    assert not holds_card_number(str(name))


def test_a_uuid_of_digits_only_passes() -> None:
    assert not holds_card_number("42424242-4242-4242-4242-424242424242")


@given(st.sampled_from(["+1", "+44", "+49", "+52", "+62", "+36"]), digits, st.sampled_from(["", " ", "-"]))
def test_telephone_numbers_with_a_plus_always_pass(country: str, number: str, separator: str) -> None:
    written_out = f"{country}{separator}{number[:3]}{separator}{number[3:10]}"

    assert not holds_card_number(written_out)
    assert not holds_card_number(f"call {written_out} at 9")
    assert not holds_card_number(written_out.removeprefix("+"), shortest=14)


@pytest.mark.parametrize(
    "text",
    ["ORD-10001", "PO-2026-11-22-0001", "checkout-8f14e45f", "4242 4242 4242 4243", "1234567890123456",
     "2026-11-25T13:26:56.123456Z", "INV-2026-0000000042", "from 2026-11-25 to 2026-12-31"],
)  # fmt: skip
def test_the_numbers_of_documents_pass(text: str) -> None:
    assert not holds_card_number(text)


def test_how_many_random_numbers_are_taken_for_cards() -> None:
    """Of 20,000 random numbers of each length, seeded: what is refused by mistake."""
    chance = random.Random(5)
    refused = {
        length: sum(
            holds_card_number("".join(chance.choices(string.digits, k=length))) for _ in range(20_000)
        )
        for length in range(12, 23)
    }

    assert [refused[length] for length in (12, 20, 21, 22)] == [0, 0, 0, 0]
    assert refused[13] < 200  # 1.0 %: old Visa numbers, barcodes left out
    assert refused[15] < 80  # 0.2 %: American Express
    assert refused[16] < 600  # 2.8 %: a quarter of all beginnings is issued, a tenth passes Luhn's check
    assert sum(refused.values()) < 20_000 * 7 * 12 // 1000  # 1.1 % of 13 to 19 digits
