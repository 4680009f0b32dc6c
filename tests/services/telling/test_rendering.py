"""Every stage has words, and nobody's name breaks them."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import pytest

from orderwright.domain.money import Money
from orderwright.domain.orders import AtDeadline, CancelState, OrderState
from orderwright.domain.payments import RefundState
from orderwright.domain.telling.stages import TO_BUSINESS, Stage
from orderwright.services.documents.sheets import sheet
from orderwright.services.telling import environment, gsm7
from orderwright.services.telling.rendering import Around, Shop, render
from orderwright.services.telling.story import (
    Contact,
    Item,
    PaperFacts,
    ParcelFacts,
    PaymentLink,
    RefundFacts,
    one_line,
    web_link,
)
from tests.papers import EVERY
from tests.services.telling.stories import ORDER, PARCEL, RETURNED, SHOP, WAIT, euro, story

BARE = ParcelFacts(
    number=1, of=1, items=(), carrier="", tracking_code="", tracking_url=None, expected_on=None,
    collected=True, rest_follows=False,
)  # fmt: skip
PAGE = "https://shop.example/o/" + "A" * 48
OUR_LINKS = re.compile(r'(?:href|src)="([^"]*)"')


LANGUAGES = ("en", "de", "es", "fr")


class Balance(HTMLParser):
    """Whether every element that is opened is closed, in its place."""

    VOID = frozenset({"meta", "br", "img", "hr", "!doctype"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more."""
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """One less."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_subject_with_the_number_and_both_bodies(stage: Stage, language: str) -> None:
    words = render(story(stage), SHOP, language=language)

    assert "10001" in words.subject
    assert words.subject.isprintable()
    assert len(words.subject) <= 78
    assert "10001" in words.text
    assert "Blue Shop" in words.text
    assert "{" not in words.text
    assert "None" not in words.text + words.subject + words.sms
    balance = Balance()
    balance.feed(words.html)
    assert balance.open == []


@pytest.mark.parametrize("stage", Stage)
def test_a_mail_loads_nothing_from_anywhere_and_links_only_where_it_should(stage: Stage) -> None:
    html = render(story(stage), SHOP).html

    allowed = ("https://track.example/", "https://pay.example/")
    assert all(link.startswith(allowed) for link in OUR_LINKS.findall(html))
    assert "src=" not in html
    assert "url(" not in html
    assert "<script" not in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", Stage)
def test_an_sms_is_one_message_of_the_gsm_alphabet(stage: Stage, language: str) -> None:
    shop = replace(SHOP, name="A shop whose name is far longer than a text message should have to carry")

    words = render(story(stage, number="ORD-2026-000010001"), shop, language=language)

    assert gsm7.septets(words.sms) <= 160
    assert gsm7.plain(words.sms) == words.sms
    assert "ORD-2026-000010001" in words.sms


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", Stage)
def test_a_hostile_name_stays_text(stage: Stage, language: str) -> None:
    name = "<script>alert(1)</script><a href='https://evil.example'>"
    hostile = story(stage, name=name, items=(Item(name, 1, euro(1)),), ship_to=(name,), po_number=name)

    words = render(hostile, SHOP, language=language)

    assert "<script" not in words.html
    assert "<a href='https://evil" not in words.html
    assert "alert" not in words.subject


@pytest.mark.parametrize("stage", [Stage.SHIPPED, Stage.DELIVERED])
def test_a_parcel_of_which_nothing_is_known_can_be_told(stage: Stage) -> None:
    words = render(replace(story(stage), parcel=BARE), SHOP)

    assert "Tracking" not in words.text
    assert "Track it" not in words.sms
    assert "Parcel" not in words.subject


def test_a_name_of_many_lines_becomes_one() -> None:
    assert one_line("Ana\r\nBcc: all@customer.example\x00") == "Ana Bcc: all@customer.example"
    assert one_line(None) == ""
    assert len(one_line("x" * 1000)) == 200


@pytest.mark.parametrize(
    "url",
    [None, "javascript:alert(1)", "ftp://a.example", "https://a.example/\nb", 'https://a.example/"x', ""],
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    assert web_link(url) is None


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(1250, "JPY"), "1,250 JPY"),
        (Money(1250, "EUR"), "12.50 EUR"),
        (Money(1234567, "KWD"), "1,234.567 KWD"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(amount: Money, shown: str) -> None:
    words = render(story(Stage.RECEIVED, total=amount), SHOP)

    assert f"Total     {shown}" in words.text
    assert shown in words.html


def test_the_payment_link_and_what_happens_at_the_deadline_are_told() -> None:
    wait = replace(WAIT, at_deadline=AtDeadline.EXPIRE)

    words = render(replace(story(Stage.ACTION_NEEDED), wait=wait), SHOP)

    assert "https://pay.example/c/cs_test_1" in words.text
    assert 'href="https://pay.example/c/cs_test_1"' in words.html
    assert "Friday, 20 November, 16:00 UTC; after that the order expires." in words.text
    assert "https://pay.example/c/cs_test_1" in words.sms


def test_an_order_paid_in_parts_has_a_link_for_each() -> None:
    links = tuple(PaymentLink(f"https://pay.example/{n}", euro(100 * n)) for n in (1, 2))

    words = render(replace(story(Stage.ACTION_NEEDED), wait=replace(WAIT, links=links)), SHOP)

    assert "Please pay 1.00 EUR here:\nhttps://pay.example/1\n" in words.text
    assert "Please pay 2.00 EUR here:\nhttps://pay.example/2\n" in words.text
    assert "each part is paid for on its own" in words.html


def test_a_transfer_is_asked_for_with_its_amount_and_reference() -> None:
    wait = replace(WAIT, links=(), transfer=euro(100))

    words = render(replace(story(Stage.ACTION_NEEDED), wait=wait), SHOP)

    assert f"Please transfer 1.00 EUR with the reference {ORDER.number}" in words.text
    assert "1.00 EUR" in words.html
    assert "your bank did not let" not in words.text + words.html
    assert f"please transfer 1.00 EUR with the reference {ORDER.number}." in words.sms
    assert "Please reply to this e-mail" not in words.text + words.html


def test_what_stays_with_us_is_there_already() -> None:
    kept = RefundFacts(euro(1250), RefundState.SUCCEEDED, "gift card")

    words = render(replace(story(Stage.REFUNDED), refund=kept), SHOP)

    assert "It is on your gift card already." in words.text
    assert "ten days" not in words.text + words.html + words.sms


def test_a_link_too_long_for_an_sms_is_left_to_the_mail() -> None:
    long = (PaymentLink("https://pay.example/" + "x" * 300, euro(1)),)
    told = replace(story(Stage.ACTION_NEEDED), wait=replace(WAIT, links=long))

    with_mail = render(told, SHOP).sms
    without = render(replace(told, contact=Contact(None, "+447400123456", "GB", "en")), SHOP).sms

    assert with_mail.endswith("You find the link in our e-mail.")
    assert "https://pay.example/xxx" in without


@pytest.mark.parametrize(
    ("state", "reason", "cancel", "said"),
    [
        (
            OrderState.REJECTED,
            "payment_declined",
            CancelState.NONE,
            "because we did not receive a valid payment",
        ),
        (OrderState.REJECTED, "address_undeliverable", CancelState.NONE, "because we could not deliver"),
        (OrderState.EXPIRED, "stock_deadline", CancelState.NONE, "because an item you ordered"),
        (OrderState.EXPIRED, "what is this", CancelState.NONE, "because it could not be completed in time"),
        (OrderState.CANCELED, "ordered twice", CancelState.ACCEPTED, "because we were asked to cancel it"),
        (OrderState.REJECTED, "approval_rejected", CancelState.NONE, "could not accept your order 10001."),
    ],
)
def test_an_end_is_explained_in_words_without_saying_too_much(
    state: OrderState, reason: str, cancel: CancelState, said: str
) -> None:
    told = story(Stage.CANCELED)
    ended = replace(told, order=replace(told.order, state=state, reason=reason, cancel=cancel))

    words = render(ended, SHOP)

    assert said in words.text
    assert reason not in words.text + words.html


def test_who_was_not_charged_is_told_so_and_who_was_gets_it_back() -> None:
    told = story(Stage.CANCELED)

    reserved = render(told, SHOP).text
    never = render(replace(told, order=replace(told.order, authorized=False)), SHOP).text
    charged = render(replace(told, order=replace(told.order, charged=euro(500))), SHOP).text

    assert "is released" in reserved
    assert "You have not been charged.\n" in never
    assert "We will return the 5.00 EUR" in charged


def test_a_refund_that_failed_is_not_said_to_be_at_the_bank() -> None:
    told = story(Stage.REFUNDED)
    assert told.refund is not None

    words = render(replace(told, refund=replace(told.refund, state=RefundState.FAILED)), SHOP)

    assert "sending it another way" in words.text


@pytest.mark.parametrize("language", ["en", "en-GB", "xx", "", "../../etc", "PT-br"])
def test_a_language_without_words_gets_english(language: str) -> None:
    assert render(story(Stage.SHIPPED), SHOP, language=language).subject.startswith("Parcel 1 of 2")


def test_the_last_parcel_says_nothing_of_a_rest() -> None:
    words = render(replace(story(Stage.SHIPPED), parcel=replace(PARCEL, rest_follows=False)), SHOP)

    assert "The rest of your order" not in words.text


def test_a_sender_without_an_address_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="sender"):
        Shop.of(sender="Blue Shop", public_url="http://x", business_email="")


def test_accents_that_sms_lacks_fall_off() -> None:
    assert gsm7.plain("Café Žižek 東 €") == "Café Zizek ? €"
    assert gsm7.septets("a€") == 3


def test_what_is_ready_names_code_place_and_deadline_on_every_channel() -> None:
    words = render(story(Stage.READY_FOR_PICKUP), SHOP)

    assert words.subject == "Your order 10001 is ready to collect"
    for text in (words.text, words.html, words.sms):
        assert "7KQ4MX" in text
        assert "20 November" in text
        assert "Baker Street" in text


def test_an_order_to_be_collected_is_never_said_to_ship() -> None:
    words = render(story(Stage.RECEIVED, pickup=True), SHOP)

    assert "ship" not in (words.text + words.sms).lower().replace("shipping", "")
    assert "Collect at:" in words.text
    assert "when you collect it" in words.html


def test_a_moved_deadline_names_code_place_and_the_new_day_on_every_channel() -> None:
    words = render(story(Stage.KEPT_FOR_PICKUP), SHOP)

    assert words.subject == "Your order 10001 is kept until Friday, 20 November"
    for text in (words.text, words.html, words.sms):
        assert "7KQ4MX" in text
        assert "20 November" in text
        assert "Baker Street" in text


def test_who_did_not_collect_a_part_is_not_told_that_we_were_asked_to_cancel() -> None:
    missed = render(story(Stage.PARTLY_CANCELED, cancel=CancelState.PARTLY, reason="not_collected"), SHOP)
    asked = render(story(Stage.PARTLY_CANCELED, cancel=CancelState.PARTLY, reason="ordered twice"), SHOP)

    for text in (missed.text, missed.html, missed.sms):
        assert "not collected in time" in text
        assert "asked to cancel" not in text
        assert "being packed" not in text
    assert "We were asked to cancel your order" in asked.text
    assert "not collected" not in asked.text + asked.html + asked.sms


def test_a_discount_and_fees_are_told_where_there_are_any() -> None:
    told = story(Stage.RECEIVED)
    plain = render(told, SHOP)
    order = replace(told.order, discount=euro(-12595), fees=euro(300))

    words = render(replace(told, order=order), SHOP)

    assert [line.split() for line in words.text.splitlines() if "Discount" in line or "Fees" in line] == [
        ["Discount", "-125.95", "EUR"],
        ["Fees", "3.00", "EUR"],
    ]
    assert "Discount" in words.html
    assert "Discount" not in plain.text + plain.html


@pytest.mark.parametrize(
    ("language", "with_file"),
    [("en", "It is attached as a PDF."), ("de", "Sie finden sie als PDF im Anhang.")],
)
@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_paper_says_in_the_mail_what_it_says_on_its_page(
    name: str, language: str, with_file: str, *, attached: bool
) -> None:
    paper = sheet(EVERY[name], language)
    told = replace(story(Stage.INVOICED), paper=PaperFacts(UUID(int=1), EVERY[name]))

    words = render(told, SHOP, language=language, around=Around(attached=attached))

    said = [paper.number, *paper.total, *paper.notes, *paper.seller_foot, *paper.bill_to]
    said += [part for row in paper.rows for part in (row.description, row.sku, row.units, row.amount)]
    said += [part for one in paper.rates for part in (one.rate, one.net, one.tax, one.total)]
    said += [part for pair in (*paper.facts, *paper.sums) for part in pair]
    for body in (words.text, unescape(words.html)):
        assert [part for part in said if part.strip() not in body] == []
        assert (with_file in body) is attached


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", sorted(set(Stage) - TO_BUSINESS))
def test_every_mail_to_a_customer_leads_to_the_order(stage: Stage, language: str) -> None:
    words = render(story(stage), SHOP, language=language, around=Around(page=PAGE))

    said = {
        "en": "View your order", "de": "Bestellung ansehen", "es": "Ver su pedido",
        "fr": "Voir votre commande",
    }[language]  # fmt: skip
    assert f'href="{PAGE}"' in words.html
    assert f">{said}</a>" in words.html
    assert re.search(f"{said} ?:\n{PAGE}\n", words.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.NOTE}))
def test_an_sms_has_the_link_to_the_order_whole_and_in_one_message_or_not_at_all(
    stage: Stage, language: str
) -> None:
    words = render(story(stage), SHOP, language=language, around=Around(page=PAGE))
    without = render(story(stage), SHOP, language=language)

    assert gsm7.septets(words.sms) <= 160
    pages = (f": {PAGE}", f": {PAGE}/returns/RET-10001")
    assert words.sms == without.sms or words.sms.endswith(pages)


def test_a_short_sms_has_the_link_to_the_order_and_one_that_links_elsewhere_has_not() -> None:
    around = Around(page=PAGE)
    delivered = replace(story(Stage.DELIVERED), parcel=replace(PARCEL, of=1, tracking_url=None))

    arrived = render(delivered, SHOP, language="de", around=around).sms
    shipped = render(story(Stage.SHIPPED), SHOP, around=around).sms

    said = "Blue Shop: Bestellung 10001 wurde zugestellt. Viel Freude damit!"
    assert arrived == f"{said} Ihre Bestellung: {PAGE}"
    assert shipped.endswith("https://track.example/EZ1000000001")
    assert "/o/" not in render(story(Stage.NOTE), SHOP, around=around).sms


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_may_send_something_back_is_led_to_its_label(language: str) -> None:
    words = render(story(Stage.RETURN_APPROVED), SHOP, language=language, around=Around(page=PAGE))
    own = render(
        replace(story(Stage.RETURN_APPROVED), returned=replace(RETURNED, label=False, carrier="")), SHOP
    )

    button = {
        "en": "Open your return and its label", "de": "Rücksendung und Etikett öffnen",
        "es": "Abrir la devolución y su etiqueta", "fr": "Ouvrir le retour et son étiquette",
    }[language]  # fmt: skip
    assert re.search(f'href="{PAGE}/returns/RET-10001"[^>]*>{button}</a>', words.html)
    assert re.search(f"{button} ?:\n{PAGE}/returns/RET-10001\n", words.text)
    assert "1 x Mug, blue" in words.text
    assert "USPS" in words.text
    assert "label" not in own.text + own.subject + own.sms


def test_a_short_sms_of_a_return_links_to_its_label_and_a_longer_one_says_until_when() -> None:
    around = Around(page=PAGE)

    short = render(story(Stage.RETURN_APPROVED), SHOP, around=around).sms
    longer = render(story(Stage.RETURN_APPROVED, number="ORD-2026-000010001"), SHOP, around=around).sms

    assert short == f"Blue Shop: return RET-10001 of order 10001 is approved. Label: {PAGE}/returns/RET-10001"
    assert longer.endswith("of order ORD-2026-000010001 is approved. Send it by Friday, 4 December.")


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "We now expect it on Monday, 16 November."),
        ("de", "Wir rechnen jetzt mit der Zustellung am Montag, 16. November."),
        ("es", "Ahora prevemos la entrega el lunes, 16 de noviembre."),
        ("fr", "La livraison est désormais prévue lundi 16 novembre."),
    ],
)
def test_a_late_parcel_is_told_with_its_new_day(language: str, day: str) -> None:
    words = render(story(Stage.DELAYED), SHOP, language=language)

    assert day in words.text
    assert day in unescape(words.html)
    assert str(PARCEL.tracking_url) in words.text


@pytest.mark.parametrize(
    ("language", "cash", "taken_off"),
    [
        ("en", "You pay whoever delivers it, in cash.", "It is taken off what was still to be paid"),
        ("de", "Sie zahlen bei der Lieferung in bar.", "von dem abgezogen, was noch zu zahlen war"),
        ("es", "Paga en efectivo a quien se lo entregue.", "Se descuenta de lo que quedaba por pagar"),
        ("fr", "Vous payez en espèces à la livraison.", "Il est déduit de ce qui restait à payer"),
    ],
)
def test_cash_at_the_door_and_what_is_taken_off_a_bill_are_told_so(
    language: str, cash: str, taken_off: str
) -> None:
    refund = RefundFacts(euro(500), RefundState.SUCCEEDED, not_paid=True)

    received = render(story(Stage.RECEIVED, at_the_door=True), SHOP, language=language)
    refunded = render(replace(story(Stage.REFUNDED), refund=refund), SHOP, language=language)

    assert cash in received.text
    assert taken_off in refunded.text
    assert not re.search(
        r"ten days|zehn Tage|diez días|dix jours", refunded.text + refunded.html + refunded.sms
    )


def test_a_refund_without_a_memo_yet_says_what_goes_back() -> None:
    words = render(story(Stage.REFUNDED), SHOP)

    assert "Credit memo" not in words.text + words.html
    assert "12.50 EUR" in words.text
    assert "12.50 EUR" in words.html


def _ends_whole(text: str) -> bool:
    return text.endswith((".", "!", "EZ1000000001", "cs_test_1"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", Stage)
def test_no_sms_of_an_ordinary_shop_is_cut(stage: Stage, language: str) -> None:
    shop = replace(SHOP, name="Orderwright Trading Company Ltd")

    words = render(story(stage, number="ORD-10001"), shop, language=language)

    assert _ends_whole(words.sms), words.sms


@pytest.mark.parametrize(
    ("language", "subject", "total", "day"),
    [
        ("de-AT", "Ihre Bestellung 10001 ist bei uns eingegangen", "1.264,40 EUR", "Freitag, 13. November"),
        ("es", "Hemos recibido su pedido 10001", "1.264,40 EUR", "viernes, 13 de noviembre"),
        ("fr", "Nous avons bien reçu votre commande 10001", "1\u202f264,40 EUR", "vendredi 13 novembre"),
    ],
)
def test_each_language_writes_its_own_words_amounts_and_days(
    language: str, subject: str, total: str, day: str
) -> None:
    words = render(story(Stage.RECEIVED), SHOP, language=language)

    assert words.subject == subject
    for text in (words.text, words.html):
        assert total in text
        assert day in text
    assert f'<html lang="{language[:2]}">' in words.html


def test_every_language_has_every_sentence() -> None:
    folder = Path(environment.FOLDER)
    sentences = {
        language: set(re.findall(r"{% macro (\w+)", (folder / language / "words.jinja").read_text()))
        for language in LANGUAGES
    }
    labels = {
        language: set(
            re.findall(r'"(\w+)": ', (folder / language / "words.jinja").read_text().splitlines()[4])
        )
        for language in LANGUAGES
    }

    inner = {"which", "whose", "titled", "nth"}
    assert environment.languages() == set(LANGUAGES)
    assert all(found - inner == sentences["en"] - inner for found in sentences.values())
    assert all(found == labels["en"] for found in labels.values())
