"""EasyPost's error bodies."""

from __future__ import annotations

from orderwright.simulator.types import Answer, Call, Json, Outcome, Refused


def error(status: int, code: str, message: str, errors: list[Json] | None = None) -> Refused:
    """An error in EasyPost's shape."""
    return Refused(status, {"error": {"code": code, "message": message, "errors": errors or []}})


def missing() -> Refused:
    """No such object."""
    return error(404, "NOT_FOUND", "The requested resource could not be found.")


class EasyPostForm:
    """What the switches `refuse` and `server_error` answer here."""

    def refusal(self, call: Call, message: str) -> Answer:
        """A 422 about the operation."""
        code = "SHIPMENT.POSTAGE.FAILURE" if call.operation == "shipments.buy" else "SHIPMENT.INVALID_PARAMS"
        answer = error(422, code, message).answer
        answer.outcome = Outcome.REFUSED
        return answer

    def server_error(self) -> Answer:
        """A 500."""
        body: Json = {
            "error": {
                "code": "INTERNAL_SERVER_ERROR",
                "message": "We're sorry, something went wrong. If the problem persists please contact us.",
                "errors": [],
            }
        }
        return Answer(body, 500)
