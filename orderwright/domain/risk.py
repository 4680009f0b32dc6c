"""Which orders must a person see first? Rules are data."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class RuleKind(StrEnum):
    """What a rule looks at."""

    TOTAL_OVER = "total_over"
    NEW_CUSTOMER_OVER = "new_customer_over"
    ADDRESS_MISMATCH = "address_mismatch"
    SCORE_OVER = "score_over"


@dataclass(frozen=True, slots=True)
class Rule:
    """`limit` in minor units of `currency` (None: any). `channels`: `*` or names; `!name` leaves one out."""

    name: str
    kind: str
    limit: int | None
    currency: str | None
    score: int | None
    channels: str
    deadline_s: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an order when it is verified."""

    total: int
    currency: str
    channel: str
    new_customer: bool
    countries_differ: bool
    score: int


def score(facts: Facts) -> int:
    """0 (harmless) to 100, from few plain signs; a remote risk service may replace it."""
    points = 30 * facts.new_customer + 30 * facts.countries_differ
    return min(100, points + min(40, facts.total // 10_000))


def first_hit(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first rule by name that asks for a person."""
    by_name = sorted(rules, key=lambda rule: rule.name)
    return next((rule for rule in by_name if _concerns(rule, facts) and _hits(rule, facts)), None)


def _concerns(rule: Rule, facts: Facts) -> bool:
    names = {name.strip() for name in rule.channels.split(",")}
    if f"!{facts.channel}" in names or not names & {"*", facts.channel}:
        return False
    return rule.currency in (None, facts.currency)


def _hits(rule: Rule, facts: Facts) -> bool:
    over = rule.limit is not None and facts.total > rule.limit
    match rule.kind:
        case RuleKind.TOTAL_OVER:
            return over
        case RuleKind.NEW_CUSTOMER_OVER:
            return over and facts.new_customer
        case RuleKind.ADDRESS_MISMATCH:
            return facts.countries_differ and (rule.limit is None or over)
        case RuleKind.SCORE_OVER:
            return rule.score is not None and facts.score > rule.score
        case _:
            return False
