"""The number of a return as a QR code: what a counter or our dock reads from a telephone or a note."""

import io

import segno


def svg(number: str) -> bytes:
    """As a drawing, dark on white, with the quiet zone that readers need."""
    return _drawn(number, "svg")


def png(number: str) -> bytes:
    """As a picture of the same."""
    return _drawn(number, "png")


def data_uri(number: str) -> str:
    """The drawing inside of a page."""
    return _code(number).svg_data_uri(scale=4, border=4, light="#fff")


def _drawn(number: str, kind: str) -> bytes:
    file = io.BytesIO()
    _code(number).save(file, kind=kind, scale=8, border=4, light="#fff")
    return file.getvalue()


def _code(number: str) -> segno.QRCode:
    return segno.make_qr(number, error="m")
