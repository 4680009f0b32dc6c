"""How is a header found, whatever the case of its name?"""

from collections.abc import Mapping


def header(headers: Mapping[str, str], name: str) -> str:
    """The header's value or nothing. Frameworks give lower case, providers document mixed case."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")
