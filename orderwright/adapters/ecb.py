"""The ECB's euro foreign exchange reference rates, as XML or CSV: of a day or of many.

Source: https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from io import StringIO
from xml.etree import ElementTree

from orderwright.domain.books.exchange import NewRate
from orderwright.domain.failures import Invalid

PUBLISHED = time(15, tzinfo=UTC)
"""About 16:00 in Frankfurt: never before it, in summer an hour later."""

CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"


class EcbRates:
    """One euro in units of the other currency; a rate is valid from when it was published."""

    source = "ecb"

    def read(self, text: str) -> Sequence[NewRate]:
        """`eurofxref-daily`, `-hist-90d` or `-hist`. Raises Invalid, naming the line or day."""
        text = text.removeprefix("\ufeff").lstrip()
        rates = list(_xml(text) if text.startswith("<") else _csv(text))
        if not rates:
            raise Invalid("there is no rate in it")
        return sorted(rates, key=lambda one: (one.valid_from, one.quote))


def _xml(text: str) -> Iterator[NewRate]:
    if "<!" in text.replace("<!--", ""):
        raise Invalid("a document type is nothing that the ECB sends")  # nor are entities, then
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type nothing expands
    except ElementTree.ParseError as broken:
        raise Invalid(f"it is no XML: {broken}") from None
    for day in root.iter(CUBE):
        if (said := day.get("time")) is not None:
            for one in day.findall(CUBE):
                yield _rate(said, one.get("currency", ""), one.get("rate", ""), f"the day {said}")


def _csv(text: str) -> Iterator[NewRate]:
    rows = csv.reader(StringIO(text))
    names = [name.strip() for name in next(rows, [])]
    if names[:1] != ["Date"]:
        raise Invalid("neither the ECB's XML nor its CSV, which begins with Date")
    for row in rows:
        for name, said in zip(names[1:], [cell.strip() for cell in row[1:]], strict=False):
            if name and said and said != "N/A":
                yield _rate(row[0].strip(), name, said, f"line {rows.line_num}")


def _rate(day: str, currency: str, said: str, where: str) -> NewRate:
    try:
        rate = Decimal(said)
        valid_from = datetime.combine(_day(day), PUBLISHED)
    except (InvalidOperation, ValueError):
        raise Invalid(f"{where}: {currency} {said} is no rate of a day") from None
    if not (
        currency.isascii() and currency.isupper() and len(currency) == 3 and rate.is_finite() and rate > 0
    ):
        raise Invalid(f"{where}: {currency} {said} is no rate of a currency")
    return NewRate("EUR", currency, valid_from, rate)


def _day(text: str) -> date:
    """`2026-11-12` as in the history, or `12 November 2026` as in the daily CSV."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.strptime(text, "%d %B %Y").replace(tzinfo=UTC).date()
