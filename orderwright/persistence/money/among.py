"""Is a column's value one of many? As one array: ten thousand parameters are more than PostgreSQL takes."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY


def among(column: Any, values: Iterable[str]) -> ColumnElement[bool]:  # Any: a text column, or a cast to one
    """Whether `column` is one of `values`, however many these are."""
    found: ColumnElement[bool] = column == any_(literal(sorted(values), ARRAY(Text)))
    return found
