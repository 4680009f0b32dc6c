"""How does a document look in a browser and in a mail? One page of HTML that needs nothing else."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from orderwright.ports.documents import Sheet

MEDIA_TYPE = "text/html"


def html(sheet: Sheet) -> bytes:
    """The page, in UTF-8. What is said in it is escaped: a name is never markup."""
    return _template().render(sheet=sheet).encode()


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined).get_template("paper.html")
