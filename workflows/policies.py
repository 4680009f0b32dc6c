"""Every timeout and retry of the workflows, and what each wait means.

| wait | deadline | meaning |
|---|---|---|
| a hold (approval, stock, payment, …) | on its row, set by the service that opens it | on its row |
| record step | none: retried until PostgreSQL answers | an outage delays, it decides nothing |
| provider step | FORWARD.schedule_to_close | a person's task; the order waits for the decision |
| compensation | UNDO.schedule_to_close | a person's task; decided on the next n |
| notification | TELL.schedule_to_close | a person's task; the order may end |
| units that follow | `BACKORDER_WAIT` past their promise, on the position | given up, the customer told |
| collection | on its part, by `domain/fulfillment/pickup.py`, put off by the counter | a no-show: canceled |
| a delivery case | on its row, by `domain/delivery/cases.py` | its kind's stated end |
| a promise | `shipments.watch_at`, by `domain/delivery/promise.py` | a look: a miss is warned of and told |
| a return's approval | `approve_days` of its policy, on its row | approved, or declined, as the policy says |
| a return to be sent | `send_days`, on its row | canceled (expired), the customer told |
| a return to arrive, be inspected, be refunded | `arrive_days` and so on, on its row | a person's task |
| authorization | 0.6 of its validity, on the payment's position | renewed |
"""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy

LOCAL_TRY = timedelta(seconds=2)
LOCAL_ALL = timedelta(seconds=4)
"""A record step as a local activity: longer would keep signals waiting (8 s unbounded, measured)."""

LOCAL_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=100), backoff_coefficient=2, maximum_interval=timedelta(seconds=1)
)
RECORD_TRY = timedelta(seconds=20)
RECORD_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=15))


@dataclass(frozen=True, slots=True)
class Policy:
    """`try_for` bounds one attempt, longer than every HTTP timeout in it; `all_for` bounds all of them."""

    try_for: timedelta
    all_for: timedelta
    retry: RetryPolicy


_PROVIDER = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)
)
FORWARD = Policy(timedelta(seconds=60), timedelta(hours=24), _PROVIDER)
UNDO = Policy(timedelta(seconds=60), timedelta(hours=24), _PROVIDER)
TELL = Policy(timedelta(seconds=60), timedelta(hours=24), _PROVIDER)

GRACE = timedelta(seconds=1)
"""How long a step that is to stop may still answer before it is canceled at Temporal."""

STEPS_AT_ONCE = 20
EVENTS_PER_RUN = 2_000
SIGNALS_PER_RUN = 500

SWEEP_EVERY = timedelta(minutes=5)
RESERVATION_SWEEP_EVERY = timedelta(minutes=5)
DELIVERY_SWEEP_EVERY = timedelta(minutes=15)
INSTRUMENT_SWEEP_EVERY = timedelta(minutes=1)
DISPUTE_SWEEP_EVERY = timedelta(minutes=1)
STOCK_RECONCILED_EVERY = timedelta(hours=1)
PAYMENTS_RECONCILED_EVERY = timedelta(hours=1)
RECONCILIATION = Policy(timedelta(minutes=15), timedelta(minutes=50), _PROVIDER)
"""A first run reads five weeks of a provider's lists; the next one comes within the hour."""

SWEEP = Policy(timedelta(minutes=4), timedelta(minutes=10), RetryPolicy(maximum_attempts=3))
