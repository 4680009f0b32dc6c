"""What is there to tell? One order as people read it: amounts, parcels, deadlines; loaded, never stored."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from orderwright.domain.documents.papers import Paper
from orderwright.domain.money import Money
from orderwright.domain.orders import AtDeadline, CancelState, OrderState
from orderwright.domain.payments import RefundState
from orderwright.domain.telling.stages import Stage


@dataclass(frozen=True, slots=True)
class Item:
    """Units of one thing; `amount` where the price is of interest."""

    name: str
    units: int
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """Units that are not there yet; `day`: when they are at the customer's, None while nobody knows."""

    name: str
    units: int
    day: date | None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The order itself. `tax` is added to the prices, `tax_included` is in them. `discount`, `fees`: if any.

    `reason` is the code of its end; `charged` was taken and not given back; `all_waits`: nothing of it ships
    before the units that are `following`.
    """

    number: str
    name: str
    state: OrderState
    cancel: CancelState
    reason: str
    placed_at: datetime
    items: tuple[Item, ...]
    canceled: tuple[Item, ...]
    subtotal: Money
    shipping: Money
    tax: Money
    tax_included: Money
    total: Money
    ship_to: tuple[str, ...]
    pickup: bool
    po_number: str
    on_terms: bool
    authorized: bool
    charged: Money
    following: tuple[Following, ...] = ()
    all_waits: bool = False
    by_transfer: bool = False
    at_the_door: bool = False
    discount: Money | None = None
    fees: Money | None = None


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """One parcel, the `number`-th of `of`. `rest_follows`: the order has units that have not left yet."""

    number: int
    of: int
    items: tuple[Item, ...]
    carrier: str
    tracking_code: str
    tracking_url: str | None
    expected_on: date | None
    collected: bool
    rest_follows: bool


@dataclass(frozen=True, slots=True)
class PickupFacts:
    """What lies at a counter. `waiting`: nobody has collected it, and the deadline stands."""

    number: int
    of: int
    items: tuple[Item, ...]
    place: tuple[str, ...]
    code: str
    collect_by: datetime
    waiting: bool


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """A page of the payment provider, and what is paid there."""

    url: str
    amount: Money


@dataclass(frozen=True, slots=True)
class WaitFacts:
    """Why the order waits. `links`: where the customer pays; `transfer`: what is still to be transferred;
    `task`: the question to a person.
    """

    active: bool
    reason: str
    deadline: datetime | None
    at_deadline: AtDeadline
    links: tuple[PaymentLink, ...] = ()
    task: UUID | None = None
    transfer: Money | None = None


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """Money that goes back. `kept`: on what, where it stays with us; `not_paid`: it had not come yet.

    `of_return`: the number of the return that it is for.
    """

    amount: Money
    state: RefundState
    kept: str = ""
    not_paid: bool = False
    of_return: str = ""


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    """What comes back. `items`: announced, or those that came; `label`: there is one, of that `carrier`.

    `send_by`: after that day it is called off; `waiting`: it may still be sent.
    """

    number: str
    items: tuple[Item, ...]
    label: bool
    carrier: str
    send_by: date | None
    waiting: bool


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """An invoice or credit memo: which one, and what is on it."""

    document_id: UUID
    paper: Paper


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """What somebody of the shop wrote to the customer."""

    text: str

    @property
    def paragraphs(self) -> tuple[tuple[str, ...], ...]:
        """Its lines, by paragraph."""
        return tuple(tuple(part.splitlines()) for part in self.text.strip().split("\n\n") if part.strip())


@dataclass(frozen=True, slots=True)
class Contact:
    """How the customer can be reached; `phone` only where they agreed to be texted, as they wrote it.

    `segment`: business or consumer; `channel`: where they ordered; both choose the words.
    """

    email: str | None
    phone: str | None
    country: str
    language: str
    region: str = ""
    customer_id: UUID | None = None
    segment: str = "consumer"
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything about one stage of one order. `subject` is the id that the stage is about, or empty."""

    order_id: UUID
    stage: Stage
    subject: str
    order: OrderFacts
    contact: Contact
    parcel: ParcelFacts | None = None
    wait: WaitFacts | None = None
    refund: RefundFacts | None = None
    pickup: PickupFacts | None = None
    paper: PaperFacts | None = None
    note: NoteFacts | None = None
    returned: ReturnFacts | None = None

    @property
    def over(self) -> bool:
        """Whether it asks for something that nobody has to do any more."""
        if self.stage is Stage.BACKORDERED:
            return not self.order.following and not self.order.canceled
        if self.stage is Stage.RETURN_APPROVED and self.returned is not None:
            return not self.returned.waiting
        collected = self.pickup is not None and not self.pickup.waiting
        return collected or (self.wait is not None and not self.wait.active)


def one_line(text: str | None) -> str:
    """`text` without line breaks and control characters, at most 200 characters: names come from anywhere."""
    plain = "".join(char if char.isprintable() else " " for char in text or "")
    return " ".join(plain.split())[:200]


def web_link(url: str | None) -> str | None:
    """`url` if it can stand in a mail as a link, else None."""
    if url is None or not url.lower().startswith(("https://", "http://")):
        return None
    return url if url.isprintable() and not set(url) & set(" <>\"'") else None
