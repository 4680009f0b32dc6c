"""Where do units ship from? Hard constraints first, then the fewest points by versioned rules."""

from orderwright.domain.sourcing.candidates import (
    Candidate,
    Constraint,
    Method,
    PostageFrom,
    Rejected,
    could_give,
    distance_km,
)
from orderwright.domain.sourcing.plans import Plan, source
from orderwright.domain.sourcing.rules import FEWEST_NEAREST, PARTS, ProfileState, Rules
from orderwright.domain.sourcing.search import EXACT_UP_TO, Solve

__all__ = [
    "EXACT_UP_TO",
    "FEWEST_NEAREST",
    "PARTS",
    "Candidate",
    "Constraint",
    "Method",
    "Plan",
    "PostageFrom",
    "ProfileState",
    "Rejected",
    "Rules",
    "Solve",
    "could_give",
    "distance_km",
    "source",
]
