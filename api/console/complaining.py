"""The page on which a customer says that something is wrong with a parcel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from api.console import forms
from api.console.forms import Faulty, InForm, Problems
from api.console.links import Visit, Visiting
from api.console.pages import Page, render
from api.transaction import Wake
from orderwright.domain.access import Actor
from orderwright.domain.delivery.cases import CaseKind, CaseState
from orderwright.domain.failures import Exists, NotFound
from orderwright.domain.orders import Scope
from orderwright.services.delivery import opening
from orderwright.services.delivery import reading as cases
from orderwright.services.delivery.opening import Claim
from orderwright.services.portal import offers
from orderwright.services.portal.acting import acting, once
from orderwright.services.portal.offers import ClaimableParcel, Offer

router = APIRouter(route_class=Page, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Complaint:
    """As it was sent. `units`: by the name of its field."""

    parcel: str
    kind: str
    note: str
    units: dict[str, str]

    @classmethod
    def of(cls, form: forms.Sent, parcels: Sequence[ClaimableParcel]) -> "Complaint":
        """What the form says; of a single parcel nobody is asked which."""
        only = str(parcels[0].shipment_id) if len(parcels) == 1 else ""
        fields = [field_of(parcel, item.line_id) for parcel in parcels for item in parcel.items]
        return cls(
            parcel=form.text("parcel") or only,
            kind=form.text("kind"),
            note=form.text("note"),
            units={field: form.text(field) or "0" for field in fields},
        )

    def claim(self, parcels: Sequence[ClaimableParcel]) -> Claim:
        """Raises Faulty."""
        problems = forms.words_problems(self.note)
        parcel = next((one for one in parcels if str(one.shipment_id) == self.parcel), None)
        if parcel is None:
            raise Faulty("problem", {"parcel": "choose", **problems})
        if self.kind not in {kind.value for kind in parcel.kinds}:
            problems["kind"] = "choose"
        units = {}
        for item in parcel.items:
            text = self.units[field_of(parcel, item.line_id)]
            if text != "0" and text not in {str(n) for n in range(1, item.units + 1)}:
                problems[field_of(parcel, item.line_id)] = "no_units"
            elif text != "0":
                units[item.line_id] = int(text)
        if problems:
            raise Faulty("problem", problems)
        return Claim(parcel.shipment_id, CaseKind(self.kind), self.note, units)


def field_of(parcel: ClaimableParcel, line_id: UUID) -> str:
    """The name of the field for units of a line in a parcel."""
    return f"units.{parcel.shipment_id}.{line_id}"


@router.get("/o/{token}/problem")
async def problem_page(visit: Visiting) -> Response:
    """What is wrong?"""
    parcels = await _parcels(visit)
    return await _page(visit, parcels, Complaint.of(forms.Sent({}), parcels), forms.fresh_key())


@router.post("/o/{token}/problem")
async def report(visit: Visiting, form: InForm, wake: Wake) -> Response:
    """Open a case."""
    key, actor = form.key, await acting(visit.session, visit.order_id, Scope.STOREFRONT)

    async def work(customer: Actor) -> str:
        parcels = await _parcels(visit)
        claim = Complaint.of(form, parcels).claim(parcels)
        case = await opening.claimed(visit.session, claim, customer)
        return f"problem/{case.id}"

    try:
        where = await once(visit.session, visit.order_id, actor, "problem", key, work)
    except Faulty as faulty:
        parcels = await _parcels(visit)
        return await _page(visit, parcels, Complaint.of(form, parcels), key, faulty.problems)
    except Exists:
        parcels = await _parcels(visit)
        return await _page(visit, parcels, Complaint.of(form, parcels), key, {"kind": "known"})
    wake(visit.order_id)
    return visit.go_to(where)


@router.get("/o/{token}/problem/{case_id}")
async def case_page(visit: Visiting, case_id: UUID) -> Response:
    """What becomes of it. Raises NotFound."""
    case = await cases.one(visit.session, case_id)
    if case.row.order_id != visit.order_id:
        raise NotFound("no such case")
    return render(
        visit.request, "case.html", await visit.words(), here=visit.here, case=case.row,
        is_open=case.row.state is CaseState.OPEN,
    )  # fmt: skip


async def _parcels(visit: Visit) -> Sequence[ClaimableParcel]:
    return await offers.claimable(visit.session, await visit.record(), datetime.now(UTC).date())


async def _page(
    visit: Visit, parcels: Sequence[ClaimableParcel], said: Complaint, key: str,
    problems: Problems | None = None,
) -> Response:  # fmt: skip
    offered = await offers.offers(visit.session, await visit.record())
    kinds = [kind for kind in offers.KINDS if any(kind in parcel.kinds for parcel in parcels)]
    status = 409 if not parcels else 422 if problems else 200
    return render(
        visit.request, "problem.html", await visit.words(), status, here=visit.here, parcels=parcels,
        said=said, key=key, problems=problems or {}, kinds=kinds, field_of=field_of, offered=offered,
        offers=list(Offer),
    )  # fmt: skip
