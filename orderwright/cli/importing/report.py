"""What became of each row that is no order line, as it is shown and written."""

import csv
from collections.abc import Sequence
from pathlib import Path

from orderwright.cli.importing import retail
from orderwright.cli.importing.placing import Tally
from orderwright.cli.importing.retail import MAPPED, Listed, Reading, Reason


def explained(reading: Reading, tally: Tally, limit: int | None) -> Sequence[Listed]:
    """Every row that is no order line, in the file's order; past the last placed invoice: not reached."""
    if limit is None or limit >= len(reading.sales):
        return sorted([*reading.listed, *tally.refused], key=lambda one: one.row.number)
    last = max(row.number for sale in reading.sales[:limit] for row in sale.rows)
    before = [one for one in reading.listed if one.row.number <= last]
    after = [one.row for one in reading.listed if one.row.number > last]
    after += [row for sale in reading.sales[limit:] for row in sale.rows]
    beyond = [Listed(row, Reason.NOT_REACHED) for row in after]
    return sorted([*before, *beyond, *tally.refused], key=lambda one: one.row.number)


def write_report(file: Path, listed: Sequence[Listed]) -> None:
    """One line a row: as it stands in the file, what became of it, why. Those past the limit are left out."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["line", *retail.COLUMNS, "outcome", "reason", "said"])
        for one in listed:
            row = one.row
            if one.reason is Reason.NOT_REACHED:
                continue
            cells = (
                row.number, row.invoice, row.code, row.description, row.quantity, row.date, row.price,
                row.customer, row.country,
            )  # fmt: skip
            writer.writerow([*cells, outcome(one.reason), one.reason.value, one.said])


def outcome(reason: Reason) -> str:
    """In one word."""
    if reason in MAPPED:
        return "mapped"
    return {Reason.REFUSED: "refused", Reason.NOT_REACHED: "not reached"}.get(reason, "listed")
