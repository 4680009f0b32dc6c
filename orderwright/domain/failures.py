"""What can go wrong by the rules: one tree, each with the stable code that callers see."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Failure(Exception):
    """A rule said no. `code` is stable; the text is for people; `more` is told to the caller as it stands."""

    code: ClassVar[str] = "failure"

    def __init__(self, text: str, **more: Any) -> None:  # Any: JSON values that go into the problem's members
        super().__init__(text)
        self.more: Mapping[str, Any] = more


class Invalid(Failure):
    """The input cannot be what was meant."""

    code = "invalid"


class InvalidAmount(Invalid):
    """Not an amount of that currency."""

    code = "invalid_amount"


class CurrencyMismatch(Invalid):
    """Two currencies in one sum."""

    code = "currency_mismatch"


class UnknownProduct(Invalid):
    """A SKU that the catalog does not have."""

    code = "unknown_product"


class PriceNotAllowed(Failure):
    """An agreed price by someone without the right to agree on prices."""

    code = "price_not_allowed"


class NotFound(Failure):
    """There is no such thing, or not for the asker."""

    code = "not_found"


class Conflict(Failure):
    """The state it is in does not allow that."""

    code = "conflict"


class PriceMoved(Conflict):
    """What it costs has changed while it was asked for: ask again."""

    code = "price_moved"


class AlreadyDecided(Conflict):
    """Somebody, or the deadline, was first."""

    code = "already_decided"


class PastPivot(Conflict):
    """Picking has begun or the goods are gone: the way leads forward only."""

    code = "past_pivot"


class Exists(Conflict):
    """There is one of that name already."""

    code = "exists"


class InsufficientStock(Conflict):
    """Fewer units than that are free there."""

    code = "insufficient_stock"


class Stale(Failure):
    """The caller's version is not the newest."""

    code = "stale"


class KeyReused(Failure):
    """The same Idempotency-Key with another body."""

    code = "idempotency_key_reused"


class InProgress(Conflict):
    """The same request is being worked on right now: ask again."""

    code = "in_progress"


class Unauthenticated(Failure):
    """No key, or one that is not ours."""

    code = "unauthenticated"


class Forbidden(Failure):
    """The key is ours, the right is not there."""

    code = "forbidden"


class BadSignature(Failure):
    """An inbound event whose signature does not fit."""

    code = "bad_signature"
