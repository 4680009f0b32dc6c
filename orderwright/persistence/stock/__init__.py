"""Stock that is never oversold: what there is, who holds it, how it comes and goes."""

from orderwright.persistence.stock.holding import active, free, keep, reserve, ship, split
from orderwright.persistence.stock.levels import available, receive, set_cost

__all__ = ["active", "available", "free", "keep", "receive", "reserve", "set_cost", "ship", "split"]
