"""Where not every unit is there: which ship now, which follow, which are given up?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from orderwright.domain.fulfillment.states import FulfillmentPolicy

BACKORDER_WAIT = timedelta(days=30)
"""How long units may be missing, from the day they were promised for or (never promised) waited for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of an order line that have no place yet. `may_wait`: they may follow later."""

    line_id: str
    sku: str
    units: int
    may_wait: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """What becomes of a line's units; together they are all of them."""

    now: int = 0
    later: int = 0
    never: int = 0


def divide(policy: FulfillmentPolicy, wanted: Sequence[Wanted], there: Mapping[str, int]) -> Sequence[Share]:
    """A share for each line, in their order. `there`: units per SKU that this order may have now.

    Ship-complete waits with everything while anything is missing; else lines are served in their order, and
    what is missing follows, unless the order asks its lines and the line may not wait.
    """
    left = dict(there)
    shares = []
    for line in wanted:
        now = min(line.units, left.get(line.sku, 0))
        left[line.sku] = left.get(line.sku, 0) - now
        rest = line.units - now
        waits = policy is not FulfillmentPolicy.PER_LINE or line.may_wait
        shares.append(Share(now, rest if waits else 0, 0 if waits else rest))
    if policy is FulfillmentPolicy.SHIP_COMPLETE and any(share.later for share in shares):
        return [Share(later=line.units) for line in wanted]
    return shares
