"""How is a code drawn as bars?"""

from pystrich.code128 import Code128Encoder


def is_printable(code: str) -> bool:
    """Whether Code 128 can hold it: up to 80 characters of printable ASCII."""
    return 0 < len(code) <= 80 and code.isascii() and code.isprintable()


def code128_svg(code: str) -> str:
    """Code 128 with its quiet zones, without text below: the document sets that in its own type."""
    if not is_printable(code):
        raise ValueError("Code 128 holds printable ASCII only")
    return Code128Encoder(code, {"show_label": False, "height": 90}).get_svg()
