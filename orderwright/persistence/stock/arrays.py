"""Names as one parameter: a whole location has more SKUs than a statement has room for parameters."""

from collections.abc import Collection

from sqlalchemy import BindParameter, CollectionAggregate, Text, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY


def array(names: Collection[str]) -> BindParameter[list[str]]:
    """As one array, in their order."""
    return literal(list(names), ARRAY(Text))


def any_of(names: Collection[str]) -> CollectionAggregate[bool]:
    """What a column is compared with, to be one of them."""
    return any_(array(names))
