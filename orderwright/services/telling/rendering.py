"""How does a stage read as a mail and as an SMS?"""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from jinja2 import Template

from orderwright.domain.telling.stages import Stage
from orderwright.services.documents.sheets import sheet
from orderwright.services.telling import gsm7
from orderwright.services.telling.environment import FALLBACK, Given, escaping, sandbox, spoken, words
from orderwright.services.telling.reasons import told
from orderwright.services.telling.story import Story

PLAIN_COLOR = "#17705b"


@dataclass(frozen=True, slots=True)
class Shop:
    """Whose mails these are: a brand. `domain` ends the Message-IDs; `url` is where the API is reached.

    `sender` as in a From header, where it is not the deployment's; `home`: the brand's own address.
    """

    name: str
    domain: str
    url: str
    business_email: str
    color: str = PLAIN_COLOR
    footer: str = ""
    home: str = ""
    sender: str = ""
    brand: str = ""

    @classmethod
    def of(cls, *, sender: str, public_url: str, business_email: str) -> "Shop":
        """`sender` as in a From header. Raises ValueError where it holds no address."""
        name, address = parseaddr(sender)
        _, at, domain = address.rpartition("@")
        if not at or not domain:
            raise ValueError("the sender is not an address as in a From header")
        return cls(name or domain, domain, public_url.rstrip("/"), business_email)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a shop wrote itself, as Jinja; None: what ships is used."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None
    sms: str | None = None


SHIPPED = Sources()


@dataclass(frozen=True, slots=True)
class Rendered:
    """One stage in words. `sms` is one message of the GSM alphabet, unless a link or a note needs more."""

    subject: str
    text: str
    html: str
    sms: str


@dataclass(frozen=True, slots=True)
class Around:
    """What a message has besides its words: links that are the customer's own, and whether a PDF goes along.

    `unsubscribe` ends such mails, `page` shows the order, `preferences` lets choose among the messages;
    empty: there is none.
    """

    unsubscribe: str = ""
    page: str = ""
    attached: bool = False
    preferences: str = ""


ALONE = Around()


def render(
    story: Story, shop: Shop, *, language: str = FALLBACK, own: Sources = SHIPPED, around: Around = ALONE
) -> Rendered:
    """The stage in `language`, else in the language without its region, else in English."""
    base = _given(story, shop, language, around)
    plain = {**base, "w": words(language, base, html=False)}
    rich = {**base, "w": words(language, base, html=True)}
    return Rendered(
        subject=" ".join(_part("subject", own.subject, story.stage, plain).split()),
        text=re.sub(r"\n{3,}", "\n\n", _body("txt", own.text, story.stage, plain)).strip() + "\n",
        html=_body("html", own.html, story.stage, rich),
        sms=_sms(own.sms, story, base),
    )


def _template(stage: Stage, kind: str, language: str) -> Template:
    """A language's own structure, else the one that all share, else English."""
    name = f"{stage}.{kind}"
    return sandbox().select_template([f"{spoken(language)}/{name}", name, f"{FALLBACK}/{name}"])


def _body(kind: str, own: str | None, stage: Stage, given: Given) -> str:
    if own is None:
        return _template(stage, kind, given["language"]).render(given)
    runs_in = escaping() if kind == "html" else sandbox()
    return runs_in.from_string(own).render(given)


def _part(name: str, own: str | None, stage: Stage, given: Given) -> str:
    """Subject or SMS: the shop's, a block of the structure, or a sentence of the words."""
    if own is not None:
        return sandbox().from_string(own).render(given)
    structure = _template(stage, "txt", given["language"])
    if name in structure.blocks:
        return "".join(structure.blocks[name](structure.new_context(dict(given))))
    said = str(getattr(given["w"], f"{stage}_{name}")())
    return f"{given['shop'].name[:30]}: {said}" if name == "sms" else said


def _given(story: Story, shop: Shop, language: str, around: Around) -> dict[str, Any]:  # Any: see Given
    order = story.order
    return {
        "shop": shop,
        "plain_color": PLAIN_COLOR,
        "language": spoken(language),
        "stage": story.stage.value,
        "unsubscribe": around.unsubscribe,
        "page": around.page,
        "preferences": around.preferences,
        "attached": around.attached,
        "order": order,
        "parcel": story.parcel,
        "wait": story.wait,
        "refund": story.refund,
        "pickup": story.pickup,
        "paper": sheet(story.paper.paper, spoken(language)) if story.paper is not None else None,
        "note": story.note,
        "returned": story.returned,
        "return_page": _return_page(story, around),
        "order_id": story.order_id,
        "because": told(order.state, order.cancel, order.reason),
        "mailed": story.contact.email is not None,
        "link": _link(story) or _return_page(story, around),
    }


def _return_page(story: Story, around: Around) -> str | None:
    """Where its label, its code and what happens to it are."""
    if story.returned is None or not around.page:
        return None
    return f"{around.page}/returns/{story.returned.number}"


def _link(story: Story) -> str | None:
    """What an SMS links to: the parcel, or where to pay."""
    if story.parcel is not None:
        return story.parcel.tracking_url
    urls = [link.url for link in story.wait.links] if story.wait is not None else []
    return " ".join(urls) or None


def _sms(own: str | None, story: Story, base: Given) -> str:
    """Without the link where it does not fit; with it at any length where it is needed and no mail has it.

    A person's note stays as it was written: it goes as several messages.
    """
    whole = _said(own, story, base)
    if story.stage is Stage.NOTE:
        return whole
    needed = story.stage is Stage.ACTION_NEEDED and story.contact.email is None and base["link"]
    if gsm7.septets(whole) > gsm7.ONE_MESSAGE and not needed:
        return _cut(_said(own, story, {**base, "link": None}))
    return whole if own is not None or base["link"] else _with_page(whole, base)


def _with_page(text: str, base: Given) -> str:
    """With the link to the order, where both are one message."""
    if not base["page"]:
        return text
    said = getattr(words(base["language"], base, html=False), "view_order_sms")()  # noqa: B009 - Jinja's
    longer = f"{text} {gsm7.plain(said)}"
    return longer if gsm7.septets(longer) <= gsm7.ONE_MESSAGE else text


def _said(own: str | None, story: Story, base: Given) -> str:
    given = {**base, "w": words(base["language"], base, html=False)}
    return gsm7.plain(" ".join(_part("sms", own, story.stage, given).split()))


def _cut(text: str) -> str:
    while gsm7.septets(text) > gsm7.ONE_MESSAGE:
        text = text[:-1]
    return text
