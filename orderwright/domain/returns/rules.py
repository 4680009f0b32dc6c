"""May these units come back, who pays the way, what is kept?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from orderwright.domain.geography import EU
from orderwright.domain.returns.states import OUR_FAULT, ReturnReason


class Verdict(StrEnum):
    """What the rules say."""

    ALLOWED = "allowed"
    BY_PERSON = "by_person"
    REFUSED = "refused"


class AtApprovalDeadline(StrEnum):
    """What happens to a return that nobody decides in time."""

    APPROVE = "approve"
    DECLINE = "decline"


class AtShortfall(StrEnum):
    """What happens where goods went out in exchange and less came back than was agreed."""

    CAPTURE = "capture"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class ReasonRule:
    """For one reason. `restocking_ppm` millionths of what the units are worth are kept.

    `customer_pays`: the way back; `refunds_shipping`: the way there, in proportion, at the standard price;
    `despite_final_sale`: also of what is sold for good. `window_days` None: the policy's.
    """

    reason: ReturnReason
    window_days: int | None = None
    by_person: bool = False
    restocking_ppm: int = 0
    customer_pays: bool = True
    refunds_shipping: bool = False
    despite_final_sale: bool = False


@dataclass(frozen=True, slots=True)
class ProductRule:
    """For one product. `final_sale` is the shop's wish, which a right of withdrawal overrides.

    Not `returnable` is what cannot come back by its nature: unsealed hygiene goods, made to order. Such are
    exempt from the withdrawal too. Source: Directive 2011/83/EU, article 16.
    """

    sku: str
    returnable: bool = True
    final_sale: bool = False
    window_days: int | None = None


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """For one group of customers, as it stands on the customer."""

    segment: str
    window_days: int | None = None
    free_return: bool = False
    no_restocking: bool = False
    instant_refund: bool = False


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """All rules of one version; the windows count from delivery. Amounts by currency, in minor units.

    `fees`: what a return's way costs the customer who pays it; `standard_shipping`: the most that is given
    back for the way there; `ask_above`: a person approves what is worth more. `instant_after`: so many
    completed orders make a customer trusted (None: none do). Days until a stated end: `approve_days`,
    `send_days`, `arrive_days`, `inspect_days`, `refund_days`. `refurbish_at`: where goods lie that
    are to be put right. `at_shortfall`: the security of an exchange that was shipped first is taken for what
    is missing, or a person is asked.
    """

    version: int = 0
    window_days: int = 30
    withdrawal_days: int = 14
    reasons: Sequence[ReasonRule] = ()
    products: Sequence[ProductRule] = ()
    segments: Sequence[SegmentRule] = ()
    fees: Mapping[str, int] = field(default_factory=dict)
    standard_shipping: Mapping[str, int] = field(default_factory=dict)
    ask_above: Mapping[str, int] = field(default_factory=dict)
    instant_after: int | None = None
    at_approval_deadline: AtApprovalDeadline = AtApprovalDeadline.APPROVE
    approve_days: int = 3
    send_days: int = 21
    arrive_days: int = 21
    inspect_days: int = 5
    refund_days: int = 5
    refurbish_at: str | None = None
    at_shortfall: AtShortfall = AtShortfall.CAPTURE

    def reason(self, reason: ReturnReason) -> ReasonRule:
        """The rule for a reason; one that is not named is as free as the fault is ours."""
        found = next((rule for rule in self.reasons if rule.reason is reason), None)
        ours = reason in OUR_FAULT
        return found or ReasonRule(
            reason, customer_pays=not ours, refunds_shipping=ours, despite_final_sale=ours
        )

    def product(self, sku: str) -> ProductRule:
        """The rule for a product."""
        return next((rule for rule in self.products if rule.sku == sku), ProductRule(sku))

    def segment(self, name: str) -> SegmentRule:
        """The rule for a group of customers."""
        found = next((rule for rule in self.segments if name and rule.segment == name), None)
        return found or SegmentRule(name)


STANDARD_POLICY = ReturnPolicy(
    reasons=(
        *(
            ReasonRule(reason, customer_pays=False, refunds_shipping=True, despite_final_sale=True)
            for reason in sorted(OUR_FAULT)
        ),
        ReasonRule(ReturnReason.OTHER, by_person=True),
    ),
    fees={"EUR": 495, "GBP": 450, "USD": 595},
)
"""In force until the shop writes its own."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """What the rules ask of the customer and the order. `completed`: orders of theirs that are completed."""

    country: str
    consumer: bool
    segment: str = ""
    completed: int = 0
    currency: str = "EUR"
    last_delivery: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Units of a line, delivered at some moment, worth `amount` minor units."""

    sku: str
    reason: ReturnReason
    delivered_at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds for one line. `why` is a stable code where it is not simply allowed."""

    verdict: Verdict
    why: str
    window_ends: datetime
    withdrawal: bool
    restocking_ppm: int
    customer_pays: bool
    refunds_shipping: bool


@dataclass(frozen=True, slots=True)
class Judgment:
    """All lines together: the strictest verdict. `fee`: minor units that the customer pays for the way."""

    lines: Sequence[Ruling]
    verdict: Verdict
    why: str
    fee: int
    instant: bool


def judge(policy: ReturnPolicy, buyer: Buyer, wishes: Sequence[Wish], now: datetime) -> Judgment:
    """What the policy says of a return that is asked for now. The fee is due once one line's rule asks it."""
    lines = [_ruling(policy, buyer, wish, now) for wish in wishes]
    verdict, why = _strictest(lines)
    most = policy.ask_above.get(buyer.currency)
    dear = most is not None and sum(wish.amount for wish in wishes) > most
    if verdict is Verdict.ALLOWED and dear and not all(line.withdrawal for line in lines):
        verdict, why = Verdict.BY_PERSON, "worth_much"
    # Who sends something faulty back pays nothing for the parcel, whatever else is in it.
    pays = all(line.customer_pays for line in lines)
    return Judgment(
        lines, verdict, why, policy.fees.get(buyer.currency, 0) if pays else 0, _trusted(policy, buyer)
    )


def _ruling(policy: ReturnPolicy, buyer: Buyer, wish: Wish, now: datetime) -> Ruling:
    rule, product = policy.reason(wish.reason), policy.product(wish.sku)
    segment = policy.segment(buyer.segment)
    days = [product.window_days, rule.window_days, segment.window_days]
    window = timedelta(days=max((d for d in days if d is not None), default=policy.window_days))
    ends = wish.delivered_at + window
    withdrawal = _may_withdraw(policy, buyer, wish, product, now)
    verdict, why = Verdict.ALLOWED, ""
    if withdrawal is not None:
        ends = max(ends, withdrawal)
    elif not product.returnable:
        verdict, why = Verdict.REFUSED, "not_returnable"
    elif product.final_sale and not rule.despite_final_sale:
        verdict, why = Verdict.REFUSED, "final_sale"
    elif now > ends:
        verdict, why = Verdict.REFUSED, "window_over"
    elif rule.by_person:
        verdict, why = Verdict.BY_PERSON, "reason_asks"
    return Ruling(
        verdict,
        why,
        window_ends=ends,
        withdrawal=withdrawal is not None,
        restocking_ppm=0 if withdrawal is not None or segment.no_restocking else rule.restocking_ppm,
        customer_pays=rule.customer_pays and not segment.free_return,
        refunds_shipping=rule.refunds_shipping or withdrawal is not None,
    )


def _may_withdraw(
    policy: ReturnPolicy, buyer: Buyer, wish: Wish, product: ProductRule, now: datetime
) -> datetime | None:
    """Until when a consumer in the EU may withdraw without a reason; None: he may not, or not any more.

    It counts from the last of the goods ordered together, and ends with its last day. The shop's number
    of days may be higher than 14, never lower. Source: Directive 2011/83/EU, articles 9 and 16.
    """
    if buyer.country not in EU or not buyer.consumer or not product.returnable:
        return None
    since = max(wish.delivered_at, buyer.last_delivery or wish.delivered_at)
    last = since.replace(hour=23, minute=59, second=59, microsecond=0)
    ends = last + timedelta(days=max(14, policy.withdrawal_days))
    return ends if now <= ends else None


def _strictest(lines: Sequence[Ruling]) -> tuple[Verdict, str]:
    for verdict in (Verdict.REFUSED, Verdict.BY_PERSON):
        for line in lines:
            if line.verdict is verdict:
                return verdict, line.why
    return Verdict.ALLOWED, ""


def _trusted(policy: ReturnPolicy, buyer: Buyer) -> bool:
    """Whether the money goes back as soon as the carrier has the parcel."""
    enough = policy.instant_after is not None and buyer.completed >= policy.instant_after
    return policy.segment(buyer.segment).instant_refund or enough
