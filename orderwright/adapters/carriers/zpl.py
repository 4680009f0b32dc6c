"""The own carrier's label in ZPL II: 4 x 6 inch at 203 dpi. Source: Zebra's ZPL II manual."""

import re

from orderwright.adapters.carriers.label import ParcelLabel
from orderwright.domain.addresses import lines_of

WIDTH, HEIGHT, MARGIN = 812, 1218, 36  # dots
FITS = 46  # characters of the larger type on one line
_HEXED = re.compile(r"[\^~_\\]")
_CODE = re.compile(r"[A-Z0-9]{1,40}")


def zpl(label: ParcelLabel) -> str:
    """The whole label. Raises ValueError for a tracking code that could end its field."""
    if not _CODE.fullmatch(label.tracking_code):
        raise ValueError("a tracking code is letters and digits")
    fields = [
        _text(36, 60, label.service.upper()),
        _text(50, 34, label.carrier, x=520),
        _rule(110, 4),
        *_block(130, 24, 28, "FROM", *lines_of(label.ship_from)),
        _rule(345, 2),
        *_block(360, 38, 46, "SHIP TO", *lines_of(label.ship_to)),
        _rule(720, 4),
        _text(740, 34, f"{label.weight}   {label.ships.isoformat()}"),
        f"^FO{MARGIN + 40},820^BY3,3,220^BCN,220,N,N,N,A^FD{label.tracking_code}^FS",
        _text(1070, 44, label.tracking_code),
    ]
    return "\n".join(["^XA", "^CI28", f"^PW{WIDTH}", f"^LL{HEIGHT}", "^LH0,0", *fields, "^XZ", ""])


def escaped(text: str) -> str:
    """Text that stays text after ^FH_: ^XZ in a name must not end the label, nor ~JA empty the queue."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return _HEXED.sub(lambda found: f"_{ord(found.group()):02X}", printable)


def _text(y: int, size: int, text: str, *, x: int = MARGIN) -> str:
    return f"^FO{x},{y}^A0N,{size},{size}^FH_^FD{escaped(text[:FITS])}^FS"


def _block(y: int, size: int, leading: int, *lines: str) -> list[str]:
    return [_text(y + nth * leading, size, line) for nth, line in enumerate(lines)]


def _rule(y: int, thickness: int) -> str:
    return f"^FO{MARGIN},{y}^GB{WIDTH - 2 * MARGIN},0,{thickness}^FS"
