"""The rules of returns, as they are set and read. Amounts by currency, in minor units."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter

from api.schemas.base import Body, Currency, Flag, Identifier, Minor, Note, Out, Slug
from orderwright.domain.returns.rules import AtApprovalDeadline, AtShortfall, ReturnPolicy
from orderwright.domain.returns.states import ReturnReason

Days = Annotated[int, Field(strict=True, ge=0, le=3650)]
Wait = Annotated[int, Field(strict=True, ge=1, le=365)]
Ppm = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class ReasonRuleBody(Body):
    """For one reason. `restocking_ppm` millionths of what the units are worth are kept."""

    reason: ReturnReason
    window_days: Days | None = None
    by_person: Flag = False
    restocking_ppm: Ppm = 0
    customer_pays: Flag = True
    refunds_shipping: Flag = False
    despite_final_sale: Flag = False


class ProductRuleBody(Body):
    """For one product. Not `returnable` is by its nature; `final_sale` by the shop's wish."""

    sku: Identifier
    returnable: Flag = True
    final_sale: Flag = False
    window_days: Days | None = None


class SegmentRuleBody(Body):
    """For one group of customers."""

    segment: Slug
    window_days: Days | None = None
    free_return: Flag = False
    no_restocking: Flag = False
    instant_refund: Flag = False


class ReturnPolicyBody(Body):
    """A whole version; a field that is left out has its default. A reason not named is free where we err."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "window_days": 60,
                    "fees": {"EUR": 495},
                    "reasons": [{"reason": "changed_mind", "restocking_ppm": 100000}],
                    "note": "Winter",
                }
            ]
        }
    )

    window_days: Days = 30
    withdrawal_days: Annotated[int, Field(strict=True, ge=14, le=3650)] = 14
    reasons: list[ReasonRuleBody] = Field(default=[], max_length=20)
    products: list[ProductRuleBody] = Field(default=[], max_length=10_000)
    segments: list[SegmentRuleBody] = Field(default=[], max_length=200)
    fees: dict[Currency, Minor] = Field(default={}, max_length=200)
    standard_shipping: dict[Currency, Minor] = Field(default={}, max_length=200)
    ask_above: dict[Currency, Minor] = Field(default={}, max_length=200)
    instant_after: Annotated[int, Field(strict=True, ge=1)] | None = None
    at_approval_deadline: AtApprovalDeadline = AtApprovalDeadline.APPROVE
    approve_days: Wait = 3
    send_days: Wait = 21
    arrive_days: Wait = 21
    inspect_days: Wait = 5
    refund_days: Wait = 5
    refurbish_at: Identifier | None = None
    at_shortfall: AtShortfall = AtShortfall.CAPTURE
    note: Note = ""

    def policy(self) -> ReturnPolicy:
        """As the services have it."""
        return TypeAdapter(ReturnPolicy).validate_python(self.model_dump(exclude={"note"}))


class ReturnPolicyView(Out):
    """One version of the rules; version 0 is in the product."""

    version: int
    rules: dict[str, Any]  # Any: the fields of ReturnPolicyBody
    note: str = ""
    created_by: str = "system"
    created_at: datetime | None = None

    @classmethod
    def standard(cls, policy: ReturnPolicy) -> "ReturnPolicyView":
        """What holds as long as nothing is set."""
        rules = {name: value for name, value in asdict(policy).items() if name != "version"}
        return cls(version=policy.version, rules=rules)


class ReturnPoliciesView(Out):
    """The newest is in force."""

    data: list[ReturnPolicyView]


class SegmentBody(Body):
    """A group of ours, or empty for none."""

    segment: Slug | None
