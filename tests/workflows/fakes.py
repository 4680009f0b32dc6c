"""The providers as small fakes: each keeps its port's promise, notes every call, and fails when told to."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from orderwright.domain.addresses import Address
from orderwright.domain.delivery.cases import ClaimState
from orderwright.domain.fulfillment.shipping import Offer, Parcel
from orderwright.domain.money import Money
from orderwright.ports.carriers import FiledClaim, Filing, Label, Rates
from orderwright.ports.failures import NotSent, ProviderFailure, Refused, Unreachable
from orderwright.ports.inbound import ProviderEvent
from orderwright.ports.notifications import Mail, SentSms
from orderwright.ports.payments import Authorization, Capture, Context, Increase, Refunded, Voided
from orderwright.ports.warehouses import Handed, HandOff

T = TypeVar("T")
Clock = Callable[[], datetime]


@dataclass
class Gate:
    """A call that is held inside the provider: `reached` once it is there, done after `open`."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        """Let the call through."""
        self._open.set()

    async def passed(self) -> None:
        """Come in, and wait for `open`."""
        self.reached.set()
        await self._open.wait()


@dataclass(frozen=True)
class Call:
    """What was asked: the operation, what it was about, how much."""

    operation: str
    about: str
    amount: int = 0


class Provider:
    """Notes calls; a fault is used up by one call, `down` lasts."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.effects: list[Call] = []
        self._faults: dict[str, deque[ProviderFailure | Gate | None]] = defaultdict(deque)
        self._down: dict[str, ProviderFailure] = {}

    def reset(self) -> None:
        """Forget faults. What was done stays done."""
        self._faults.clear()
        self._down.clear()

    def refuse(self, operation: str, no: Refused) -> None:
        """The next such call is a definite no."""
        self._faults[operation].append(no)

    def lose(self, operation: str) -> None:
        """The next such call is done, and its answer is lost."""
        self._faults[operation].append(None)

    def hold(self, operation: str) -> Gate:
        """The next such call stays inside until the gate is opened; then it is done."""
        gate = Gate()
        self._faults[operation].append(gate)
        return gate

    def down(self, *operations: str, failure: ProviderFailure | None = None) -> None:
        """Nothing gets through until `up`."""
        for operation in operations:
            self._down[operation] = failure or NotSent("connection refused")

    def up(self) -> None:
        """Calls get through again."""
        self._down.clear()

    def count(self, operation: str, about: str | None = None) -> int:
        """How often it really happened."""
        return sum(e.operation == operation and about in (None, e.about) for e in self.effects)

    async def _ask(self, call: Call, effect: Callable[[], T]) -> T:
        self.calls.append(call)
        if call.operation in self._down:
            raise self._down[call.operation]
        faults = self._faults[call.operation]
        fault = faults.popleft() if faults else "none"
        if isinstance(fault, ProviderFailure):
            raise fault
        if isinstance(fault, Gate):
            await fault.passed()
        done = effect()
        if fault is None:
            raise Unreachable("the answer was lost")
        return done

    def _note(self, call: Call) -> None:
        self.effects.append(call)


class FakeGateway(Provider):
    """Honors keys. `validity` of an authorization; `actions`: sources that need the customer to act.

    `raisable`: it may be raised; `tells_later`: and what came of that is told by an event.
    """

    timeout = 0.0

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.validity: timedelta | None = None
        self._by_key: dict[str, Any] = {}  # Any: answers of several types
        self.state: dict[str, str] = {}
        self.held: dict[str, int] = {}
        self.raisable = self.tells_later = False

    def reset(self) -> None:
        super().reset()
        self.raisable = self.tells_later = False

    def about(self, order_id: object, operation: str) -> list[Call]:
        """What really happened for one order, in its order."""
        return [e for e in self.effects if e.operation == operation and e.about == str(order_id)]

    async def authorize(
        self, amount: Money, *, source: str, context: Context, key: str, keep_for: str | None = None
    ) -> Authorization:
        call = Call("authorize", context.order_id, amount.amount)
        return await self._ask(call, lambda: self._authorized(call, amount, source, key))

    def _authorized(self, call: Call, amount: Money, source: str, key: str) -> Authorization:
        if key not in self._by_key:
            reference = f"pi_{key}"
            url = f"https://pay.example/{len(self._by_key)}" if source == "tok_3ds" else None
            expires = self._clock() + self.validity if self.validity and url is None else None
            self._by_key[key] = Authorization(reference, amount, expires, url, raisable=self.raisable)
            self.state[reference] = "waiting" if url else "held"
            self.held[reference] = amount.amount
            self._note(call)
        found: Authorization = self._by_key[key]
        return found

    async def find_authorization(self, key: str) -> Authorization | None:
        return await self._ask(Call("find_authorization", key), lambda: self._by_key.get(key))

    async def request_payment(
        self, amount: Money, *, context: Context, return_url: str, key: str, keep_for: str | None = None
    ) -> Authorization:
        call = Call("request_payment", context.order_id, amount.amount)
        return await self._ask(call, lambda: self._authorized(call, amount, "tok_3ds", key))

    async def increase(self, reference: str, to: Money, *, context: Context, key: str) -> Increase:
        call = Call("increase", context.order_id, to.amount)
        return await self._ask(call, lambda: self._increased(call, reference, to, key))

    def _increased(self, call: Call, reference: str, to: Money, key: str) -> Increase:
        if key not in self._by_key:
            if self.state[reference] != "held":
                raise Refused("not_raisable", self.state[reference])
            self.held[reference] = to.amount
            self._by_key[key] = Increase(reference, to, settled=not self.tells_later)
            self._note(call)
        found: Increase = self._by_key[key]
        return found

    async def find_increase(self, reference: str, to: Money, *, key: str) -> Increase | None:
        return await self._ask(Call("find_increase", key), lambda: self._by_key.get(key))

    async def capture(self, reference: str, amount: Money, *, final: bool, key: str) -> Capture:
        order_id = reference.removeprefix("pi_").partition(":")[0]
        call = Call("capture", order_id, amount.amount)
        return await self._ask(call, lambda: self._captured(call, reference, amount, key, final=final))

    def _captured(self, call: Call, reference: str, amount: Money, key: str, *, final: bool) -> Capture:
        if key not in self._by_key:
            if self.state[reference] != "held":
                raise Refused("not_capturable", self.state[reference])
            assert amount.amount <= self.held[reference]
            self.held[reference] -= amount.amount
            self.state[reference] = "captured" if final else "held"
            self._by_key[key] = Capture(f"ch_{key}", amount)
            self._note(call)
        found: Capture = self._by_key[key]
        return found

    async def find_capture(self, reference: str, amount: Money, *, key: str) -> Capture | None:
        return await self._ask(Call("find_capture", key), lambda: self._by_key.get(key))

    async def void(self, reference: str, *, key: str) -> Voided:
        call = Call("void", reference.removeprefix("pi_").partition(":")[0], self.held.get(reference, 0))
        return await self._ask(call, lambda: self._voided(call, reference))

    def _voided(self, call: Call, reference: str) -> Voided:
        if self.state[reference] == "captured":
            raise Refused("captured")
        if self.state[reference] != "void":
            self.state[reference] = "void"
            self._note(call)
        return Voided(reference)

    async def refund(self, reference: str, amount: Money, *, key: str) -> Refunded:
        call = Call("refund", reference.removeprefix("pi_").partition(":")[0], amount.amount)
        return await self._ask(call, lambda: self._refunded(call, amount, key))

    def _refunded(self, call: Call, amount: Money, key: str) -> Refunded:
        if key not in self._by_key:
            self._by_key[key] = Refunded(f"re_{key}", amount)
            self._note(call)
        found: Refunded = self._by_key[key]
        return found

    async def find_refund(self, reference: str, *, key: str) -> Refunded | None:
        return await self._ask(Call("find_refund", key), lambda: self._by_key.get(key))


class FakeCarrier(Provider):
    """A parcel's label is bought once; void takes it back."""

    timeout = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.labels: dict[str, Label] = {}
        self.voided: set[str] = set()
        self.no_offers = False
        self.seen: dict[str, list[ProviderEvent]] = {}

    def reset(self) -> None:
        super().reset()
        self.no_offers = False

    async def rate(
        self,
        parcel: Parcel,
        *,
        ship_from: Address,
        ship_to: Address,
        ships: date,
        key: str,
        is_return: bool = False,
    ) -> Rates:
        offer = Offer("rate_1", "UPS", "Ground", 700, "USD", 2, ships + timedelta(days=2))
        offers = [] if self.no_offers else [offer]
        return await self._ask(Call("rate", key), lambda: Rates(f"shp_{key}", offers))

    async def buy(self, reference: str, offer: Offer, *, key: str) -> Label:
        return await self._ask(Call("buy", reference), lambda: self._bought(reference, offer))

    def _bought(self, reference: str, offer: Offer) -> Label:
        if reference not in self.labels:
            assert reference not in self.voided, "bought after its undo"
            code = f"1Z{len(self.labels):08}{id(self) % 10_000:04}"
            self.labels[reference] = Label(
                reference, code, offer.carrier, offer.service, offer.amount, offer.currency,
                label_url="https://labels.example/1",
            )  # fmt: skip
            self._note(Call("buy", reference.removeprefix("shp_").partition(":")[0], offer.amount))
        return self.labels[reference]

    async def find_label(self, reference: str) -> Label | None:
        return await self._ask(Call("find_label", reference), lambda: self.labels.get(reference))

    async def void(self, reference: str) -> bool:
        return await self._ask(Call("void", reference), lambda: self._voided(reference))

    def _voided(self, reference: str) -> bool:
        if reference not in self.voided:
            self.voided.add(reference)
            self._note(Call("void", reference.removeprefix("shp_").partition(":")[0]))
        return True

    async def track(self, tracking_code: str) -> Sequence[ProviderEvent]:
        """What it has seen of that parcel, at every time of asking the same."""
        return await self._ask(Call("track", tracking_code), lambda: self.seen.get(tracking_code, []))

    claims_in = frozenset({"USD"})

    async def claim(self, filing: Filing, *, key: str) -> FiledClaim:
        return await self._ask(Call("claim", key), lambda: FiledClaim(f"clm_{key}", ClaimState.FILED))

    async def find_claim(self, tracking_code: str, *, key: str) -> FiledClaim | None:
        return None

    async def claim_state(self, reference: str) -> FiledClaim:
        return FiledClaim(reference, ClaimState.FILED)


class FakeWarehouse(Provider):
    """Takes hand-offs by their id, once."""

    timeout = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.requests: dict[str, HandOff] = {}

    async def hand_off(self, request: HandOff) -> Handed:
        return await self._ask(Call("hand_off", request.request_id), lambda: self._handed(request))

    def _handed(self, request: HandOff) -> Handed:
        if request.request_id not in self.requests:
            self.requests[request.request_id] = request
            self._note(Call("hand_off", request.request_id))
        return Handed(f"wh_{request.request_id}")

    async def find(self, request_id: str) -> Handed | None:
        known = request_id in self.requests
        return await self._ask(
            Call("find", request_id), lambda: Handed(f"wh_{request_id}") if known else None
        )

    async def recall(self, request_id: str, *, reason: str) -> None:
        await self._ask(Call("recall", request_id), lambda: self._note(Call("recall", request_id)))


class FakePost(Provider):
    """Mail and SMS: the same Message-ID twice is one mail."""

    timeout = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.mails: dict[str, Mail] = {}
        self.texts: list[tuple[str, str]] = []

    def mail(self) -> "FakeMail":
        return FakeMail(self)

    def sms(self) -> "FakeSms":
        return FakeSms(self)

    def to(self, email: str) -> Sequence[Mail]:
        """What one person got."""
        return [mail for mail in self.mails.values() if mail.to == email]


class FakeMail:
    """The mail half."""

    timeout = 0.0

    def __init__(self, post: FakePost) -> None:
        self._post = post

    async def send(self, mail: Mail) -> None:
        await self._post._ask(
            Call("mail", mail.to), lambda: self._post.mails.setdefault(mail.message_id, mail)
        )


class FakeSms:
    """The SMS half."""

    timeout = 0.0

    def __init__(self, post: FakePost) -> None:
        self._post = post

    async def send(self, to: str, body: str) -> SentSms:
        await self._post._ask(Call("sms", to), lambda: self._post.texts.append((to, body)))
        return SentSms(f"SM{len(self._post.texts)}")

    async def find(self, to: str, body: str, *, since: datetime) -> SentSms | None:
        return SentSms("SM0") if (to, body) in self._post.texts else None
