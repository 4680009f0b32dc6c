"""How does a stage read as a mail and as an SMS?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from orderwright.domain.stages import Stage
from orderwright.services.telling import formats, gsm7
from orderwright.services.telling.reasons import in_words
from orderwright.services.telling.story import Story

FALLBACK = "en"
Context = Mapping[str, Any]  # Any: what a template may name


@dataclass(frozen=True, slots=True)
class Shop:
    """Whose mails these are. `domain` ends the Message-IDs; `url` is where the API is reached."""

    name: str
    domain: str
    url: str
    business_email: str

    @classmethod
    def of(cls, *, sender: str, public_url: str, business_email: str) -> "Shop":
        """`sender` as in a From header. Raises ValueError where it holds no address."""
        name, address = parseaddr(sender)
        _, at, domain = address.rpartition("@")
        if not at or not domain:
            raise ValueError("the sender is not an address as in a From header")
        return cls(name or domain, domain, public_url.rstrip("/"), business_email)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One stage in words. `sms` is one message of the GSM alphabet, unless a link is all it is about."""

    subject: str
    text: str
    html: str
    sms: str


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(money=formats.money, day=formats.day, clock=formats.clock)
    return made


def render(story: Story, shop: Shop, *, language: str = FALLBACK, attached: bool = False) -> Rendered:
    """The stage in `language`, else in the language without its region, else in English.

    `attached`: the paper that it is about goes along as a PDF.
    """
    words = _template(f"{story.stage}.txt", language)
    context = _context(story, shop, attached=attached)
    return Rendered(
        subject=" ".join(_block(words, "subject", context).split()),
        text=re.sub(r"\n{3,}", "\n\n", words.render(context)).strip() + "\n",
        html=_template(f"{story.stage}.html", language).render(context),
        sms=_sms(words, story, context),
    )


def _template(name: str, language: str) -> Template:
    base = language.lower().partition("-")[0]
    return _environment().select_template([f"{one}/{name}" for one in (language.lower(), base, FALLBACK)])


def _context(story: Story, shop: Shop, *, attached: bool) -> Context:
    order = story.order
    return {
        "shop": shop,
        "order": order,
        "parcel": story.parcel,
        "wait": story.wait,
        "refund": story.refund,
        "pickup": story.pickup,
        "paper": story.paper.sheet if story.paper is not None else None,
        "attached": attached,
        "order_id": story.order_id,
        "because": in_words(order.state, order.cancel, order.reason),
        "mailed": story.contact.email is not None,
        "link": _link(story),
    }


def _link(story: Story) -> str | None:
    """What an SMS links to: the parcel, or where to pay."""
    if story.parcel is not None:
        return story.parcel.tracking_url
    urls = [link.url for link in story.wait.links] if story.wait is not None else []
    return " ".join(urls) or None


def _block(template: Template, name: str, context: Context) -> str:
    return "".join(template.blocks[name](template.new_context(dict(context))))


def _sms(words: Template, story: Story, context: Context) -> str:
    """Without the link where it does not fit; with it at any length where it is needed and no mail has it."""
    whole = _short(_block(words, "sms", context))
    needed = story.stage is Stage.ACTION_NEEDED and story.contact.email is None
    if gsm7.septets(whole) <= gsm7.ONE_MESSAGE or (needed and context["link"]):
        return whole
    return _cut(_short(_block(words, "sms", {**context, "link": None})))


def _short(text: str) -> str:
    return gsm7.plain(" ".join(text.split()))


def _cut(text: str) -> str:
    while gsm7.septets(text) > gsm7.ONE_MESSAGE:
        text = text[:-1]
    return text
