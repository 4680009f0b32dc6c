"""What does an error of EasyPost's SDK mean for us?"""

from easypost.errors.api.api_error import ApiError
from easypost.errors.api.forbidden_error import ForbiddenError
from easypost.errors.api.rate_limit_error import RateLimitError
from easypost.errors.api.unauthorized_error import UnauthorizedError
from easypost.errors.general.easypost_error import EasyPostError

from orderwright.adapters.blocking import never_sent
from orderwright.ports.failures import NotSent, ProviderFailure, Refused, Unreachable

_OURS_TO_MEND = (RateLimitError, UnauthorizedError, ForbiddenError)


def classified(error: EasyPostError) -> ProviderFailure:
    """Our failure for EasyPost's. A wrong key is NotSent: our mistake must not cancel a shipment for good.

    A timeout, a broken connection and an answer that is no JSON leave the outcome unknown.
    """
    if isinstance(error, _OURS_TO_MEND):
        return NotSent(f"easypost answered {error.http_status}")
    if never_sent(error):
        return NotSent("easypost: no connection")
    if isinstance(error, ApiError) and _definite(error.http_status):
        return Refused(_code(error), error.message[:200])
    return Unreachable(f"easypost: {type(error).__name__}")


def _code(error: ApiError) -> str:
    """`SHIPMENT.POSTAGE.FAILURE` -> `shipment_postage_failure`."""
    return str(error.code or "invalid_request").lower().replace(".", "_")


def _definite(status: int | None) -> bool:
    """408 is a timeout over there: it may have happened."""
    return status is not None and 400 <= status < 500 and status != 408
