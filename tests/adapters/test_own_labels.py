"""The own carrier's labels: what a scanner reads, and what a printer must not be told."""

import re
from datetime import date

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from orderwright.adapters.carriers.label import ParcelLabel
from orderwright.adapters.carriers.seal import Seal
from orderwright.adapters.carriers.table import TableRateCarrier, check_digit, tracking_code
from orderwright.adapters.carriers.tariff import Zone, zone_of
from orderwright.adapters.carriers.zpl import escaped, zpl
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Parcel
from orderwright.ports.carriers import Label
from orderwright.ports.failures import Refused

MONDAY = date(2026, 11, 23)
BERLIN = Address("Shop Example", "Lagerstr. 1", "Berlin", "10115", "DE")
PARIS = Address("Zoë ^XZ~JA_5E\\& #[x]", "1 rue de l'Exemple", "Paris", "75001", "FR")
KEY = "0192:label/s1:1"
FIELD = re.compile(r"\^FD(.*?)\^FS")


async def bought(carrier: TableRateCarrier, key: str = KEY) -> Label:
    """A label from Berlin to Paris."""
    parcel = Parcel(grams=1500, length_mm=300, width_mm=200, height_mm=100)
    rates = await carrier.rate(parcel, ship_from=BERLIN, ship_to=PARIS, ships=MONDAY, key="0192:rate/s1:1")
    return await carrier.buy(rates.reference, rates.offers[0], key=key)


def scanned(pdf: bytes, page: int = 0) -> list[tuple[str, str]]:
    """What a scanner reads off the paper at 203 dpi, as a label printer has it."""
    image = pypdfium2.PdfDocument(pdf)[page].render(scale=203 / 72).to_pil()
    return [(code.format.name, code.text) for code in zxingcpp.read_barcodes(image)]


async def test_a_scanner_reads_the_tracking_code_off_the_pdf() -> None:
    label = await bought(TableRateCarrier("secret"))

    assert label.pdf is not None
    assert scanned(label.pdf) == [("Code128", label.tracking_code)]
    page = pypdfium2.PdfDocument(label.pdf)[0]
    assert (round(page.get_width()), round(page.get_height())) == (288, 432)
    assert "Zoë ^XZ~JA_5E\\& #[x]" in page.get_textpage().get_text_bounded()


async def test_the_same_key_gives_the_same_label_on_any_worker() -> None:
    first = await bought(TableRateCarrier("secret"))
    second = await bought(TableRateCarrier("secret"))
    other = await bought(TableRateCarrier("secret"), key="0192:label/s1:2")

    assert first == second
    assert other.tracking_code != first.tracking_code


async def test_the_zpl_says_what_the_label_is() -> None:
    label = await bought(TableRateCarrier("secret", pdf=False))

    assert label.zpl is not None
    assert label.zpl.startswith("^XA\n^CI28\n^PW812\n^LL1218\n")
    assert label.zpl.endswith("^XZ\n")
    fields = FIELD.findall(label.zpl)
    assert fields.count(label.tracking_code) == 2
    assert {"STANDARD", "10115 Berlin", "75001 Paris", "FR", "1.500 kg   2026-11-23"} <= set(fields)
    assert re.search(rf"\^BCN,220,N,N,N,A\^FD{label.tracking_code}\^FS", label.zpl)


async def test_a_name_cannot_command_the_printer() -> None:
    label = await bought(TableRateCarrier("secret", pdf=False))

    assert label.zpl is not None
    assert label.zpl.count("^XZ") == 1
    assert "~" not in label.zpl
    assert "Zoë _5EXZ_7EJA_5F5E_5C& #[x]" in label.zpl


@given(st.text(max_size=60))
def test_no_text_at_all_can_command_the_printer(name: str) -> None:
    to = Address(name, name, name, name, "FR")
    label = ParcelLabel(tracking_code(KEY), "Own", "standard", BERLIN, to, 1500, MONDAY)
    plain = zpl(ParcelLabel(tracking_code(KEY), "Own", "standard", BERLIN, PARIS, 1500, MONDAY))

    written = zpl(label)

    commands = {line.split("^FD")[0].split(",")[0] for line in plain.splitlines()}
    assert all(line.split("^FD")[0].split(",")[0] in commands for line in written.splitlines())
    assert all(re.fullmatch(r"[^^~]*", field) for field in FIELD.findall(written))
    assert written.count("^XA") == written.count("^XZ") == 1


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), max_size=40))
def test_escaped_text_is_printed_as_it_was(text: str) -> None:
    printed = re.sub(r"_([0-9A-F]{2})", lambda found: chr(int(found.group(1), 16)), escaped(text))

    assert printed == "".join(letter if letter.isprintable() else " " for letter in text)


def test_a_tracking_code_that_could_end_its_field_is_no_code() -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        zpl(ParcelLabel("OW^XZ", "Own", "standard", BERLIN, PARIS, 1500, MONDAY))


@given(st.text(min_size=1, max_size=80))
def test_one_wrong_digit_is_noticed(key: str) -> None:
    digits = tracking_code(key)[2:]

    assert len(digits) == 16
    assert check_digit(digits[:-1]) == int(digits[-1])
    wrong = str((int(digits[0]) + 1) % 10) + digits[1:-1]
    assert check_digit(wrong) != int(digits[-1])


def test_the_check_digit_is_the_published_one() -> None:
    assert check_digit("629104150021") == 3  # GS1's own example, 6291041500213


async def test_a_reference_shows_no_address_and_cannot_be_changed() -> None:
    rates = await TableRateCarrier("secret", pdf=False).rate(
        Parcel(1500, 300, 200, 100), ship_from=BERLIN, ship_to=PARIS, ships=MONDAY, key="k"
    )
    changed = rates.reference[:-2] + ("AA" if not rates.reference.endswith("AA") else "BB")

    assert "Paris" not in rates.reference
    assert len(rates.reference) < 500
    for reference in (changed, "tbl_", "tbl_é", "shp_1"):
        with pytest.raises(Refused):
            await TableRateCarrier("secret", pdf=False).buy(reference, rates.offers[0], key=KEY)
    with pytest.raises(Refused):
        await TableRateCarrier("another", pdf=False).buy(rates.reference, rates.offers[0], key=KEY)


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_what_was_sealed_is_opened_and_the_same_is_the_same(data: dict[str, int | str]) -> None:
    seal = Seal("secret")

    assert seal.open(seal.close(data)) == data
    assert seal.close(data) == seal.close(data)


@pytest.mark.parametrize(
    ("origin", "destination", "zone"),
    [
        ("DE", "DE", Zone.DOMESTIC),
        ("DE", "FR", Zone.EU),
        ("DE", "GB", Zone.WORLD),
        ("US", "US", Zone.DOMESTIC),
        ("US", "DE", Zone.WORLD),
    ],
)
def test_the_zone_follows_from_the_countries(origin: str, destination: str, zone: Zone) -> None:
    assert zone_of(origin, destination) is zone
