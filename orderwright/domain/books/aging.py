"""How long is an amount overdue, in the steps in which it is reported?"""

from datetime import date
from enum import StrEnum


class Bucket(StrEnum):
    """Days past the day on which it was due."""

    CURRENT = "current"
    TO_30 = "1-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "over_90"


def days_overdue(due_on: date, today: date) -> int:
    """0 on the day it is due and before."""
    return max((today - due_on).days, 0)


def bucket(days: int) -> Bucket:
    """Of so many days past due."""
    steps = ((0, Bucket.CURRENT), (30, Bucket.TO_30), (60, Bucket.TO_60), (90, Bucket.TO_90))
    return next((found for most, found in steps if days <= most), Bucket.OVER_90)
