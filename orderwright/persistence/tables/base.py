"""What all tables share: naming, types, and how an enum is stored."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Enum, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from uuid_utils.compat import uuid7

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, Any]  # Any: JSON, read by whoever wrote it


class Base(DeclarativeBase):
    """Aware UTC everywhere; text without length; JSON as jsonb."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {  # Any: SQLAlchemy's own declaration
        datetime: DateTime(timezone=True),
        str: Text(),
        Json: JSONB(),
    }


Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
Now = Annotated[datetime, mapped_column(server_default=func.clock_timestamp())]


def stored(kind: type[StrEnum]) -> Enum:
    """An enum as text with a CHECK, so that a new state is one migration and psql reads plainly."""
    return Enum(
        kind,
        native_enum=False,
        length=32,
        create_constraint=True,
        name=kind.__name__.lower(),
        values_callable=lambda e: [member.value for member in e],
    )
