"""What does an error of Adyen's SDK mean for us?"""

import requests
from Adyen.exceptions import AdyenError

from orderwright.adapters.blocking import never_sent
from orderwright.ports.failures import NotSent, ProviderFailure, Refused, Unreachable

STILL_AT_IT = "704"
"""Adyen's code for a request with the same key that is under way."""


def classified(error: AdyenError | requests.RequestException) -> ProviderFailure:
    """Our failure for Adyen's. A wrong key is NotSent: it is our mistake, and must not reject an order."""
    if isinstance(error, requests.RequestException):
        return NotSent("adyen: no connection") if never_sent(error) else Unreachable("adyen: no answer")
    status, code = int(error.status_code or 0), str(error.error_code or "")
    if status in (401, 403, 429):
        return NotSent(f"adyen answered {status}")
    if code == STILL_AT_IT:
        return NotSent("adyen is still at the same request")
    if 400 <= status < 500:
        words = error.message.get("message", "") if isinstance(error.message, dict) else ""
        return Refused(f"adyen_{code or status}", str(words))
    return Unreachable(f"adyen answered {status}")
