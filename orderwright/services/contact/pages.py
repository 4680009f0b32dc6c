"""The page behind the link that ends mails: it asks first, since machines open links too."""

from typing import Literal

from orderwright.services.telling.environment import sandbox, spoken, words
from orderwright.services.telling.rendering import PLAIN_COLOR, Shop

State = Literal["ask", "done", "gone"]


def page(shop: Shop, language: str, state: State) -> str:
    """HTML in that language, without script and without anything from elsewhere."""
    given = {
        "shop": shop, "plain_color": PLAIN_COLOR, "language": spoken(language), "unsubscribe": "",
        "preferences": "", "state": state,
    }  # fmt: skip
    said = {**given, "w": words(language, given, html=True)}
    return sandbox().get_template("unsubscribe.html").render(said)
