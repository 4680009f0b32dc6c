"""Documents set by typst."""

from concurrent.futures import Executor
from dataclasses import asdict
from datetime import UTC, datetime, time

from orderwright.adapters.barcodes import code128_svg, is_printable
from orderwright.adapters.documents import xmp
from orderwright.adapters.documents.typesetting import Json, Typesetter
from orderwright.domain.addresses import lines_of
from orderwright.ports.documents import Letter, Sheet, SlipData


class TypstDocuments:
    """Raises DocumentsMissing when made without the extra `documents`."""

    def __init__(self, seller: str, *, pool: Executor | None = None) -> None:
        """`seller`: who is named at the top."""
        self._seller = seller
        self._slips = Typesetter("packing_slip.typ", pool=pool)
        self._sheets = Typesetter("paper.typ", pool=pool)
        self._letters = Typesetter("letter.typ", pool=pool)

    async def packing_slip(self, slip: SlipData) -> bytes:
        """One A4 page or more; the head of the table repeats."""
        dated = datetime.combine(slip.ordered_on, time(), UTC)
        return await self._slips.set(self._slip(slip), dated=dated)

    async def letter(self, letter: Letter) -> bytes:
        """A4 pages under the seller's name."""
        data = asdict(letter) | {"seller": self._seller, "dated": letter.dated.isoformat()}
        data["text"] = [part.strip() for part in letter.text.split("\n\n") if part.strip()]
        return await self._letters.set(data, dated=datetime.combine(letter.dated, time(), UTC))

    async def sheet(self, sheet: Sheet, *, attached: bytes | None = None) -> bytes:
        """A4 pages as PDF/A-3b; the attachment is the invoice as `factur-x.xml`."""
        data = asdict(sheet) | {"dated": sheet.dated.isoformat(), "xml": (attached or b"").decode()}
        pdf = await self._sheets.set(data, dated=datetime.combine(sheet.dated, time(), UTC), archival=True)
        return pdf if attached is None else xmp.named(pdf)

    def _slip(self, slip: SlipData) -> Json:
        return {
            "seller": self._seller,
            "order_number": slip.order_number,
            "order_barcode": _bars(slip.order_number),
            "ship_to": lines_of(slip.ship_to),
            "facts": _facts(slip),
            "lines": [
                {"sku": line.sku, "description": line.description, "units": line.units} for line in slip.lines
            ],
            "units": sum(line.units for line in slip.lines),
            "note": slip.note,
            "carrier": slip.carrier,
            "tracking_code": slip.tracking_code,
            "tracking_barcode": _bars(slip.tracking_code),
        }


def _facts(slip: SlipData) -> list[tuple[str, str]]:
    """What stands at the right; what is not known is left out."""
    facts = [
        ("Order", slip.order_number),
        ("Ordered on", slip.ordered_on.isoformat()),
        ("Parcel", f"{slip.part} of {slip.parts}" if slip.parts > 1 else ""),
        ("Service", " ".join(filter(None, (slip.carrier, slip.service)))),
        ("Tracking", slip.tracking_code),
    ]
    return [(name, value) for name, value in facts if value]


def _bars(code: str) -> str | None:
    return code128_svg(code) if is_printable(code) else None
