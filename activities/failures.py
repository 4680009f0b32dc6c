"""How a step's failure looks to its workflow: a type, no personal data, and whether trying again can help."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError
from temporalio.exceptions import ApplicationError

from orderwright.domain.failures import Failure
from orderwright.persistence.effects import NotWanted, OutcomeUnknown
from orderwright.ports.failures import ProviderFailure, Refused

NOT_WANTED = "not_wanted"
OUTCOME_UNKNOWN = "outcome_unknown"


@contextmanager
def classified() -> Iterator[None]:
    """Final: refused, not wanted, unknown for good, a rule. Everything else is tried again."""
    try:
        yield
    except Refused as no:
        raise ApplicationError("refused by the provider", type=no.code, non_retryable=True) from None
    except NotWanted:
        raise ApplicationError("no longer wanted", type=NOT_WANTED, non_retryable=True) from None
    except OutcomeUnknown:
        raise ApplicationError(
            "the outcome is unknown for good", type=OUTCOME_UNKNOWN, non_retryable=True
        ) from None
    except Failure as rule:
        raise ApplicationError("refused by a rule", type=rule.code, non_retryable=True) from None
    except ProviderFailure as failure:
        raise ApplicationError("the provider did not answer", type=type(failure).__name__) from None
    except SQLAlchemyError as failure:
        raise ApplicationError("the record did not answer", type=type(failure).__name__) from None
