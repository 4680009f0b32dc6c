"""What is a question to the record?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """`sql` returns (subject, reason) per fault; an order's number is the subject wherever there is one.

    `:minutes` is how long something may be under way before it counts as stuck.
    """

    name: str
    sql: str
