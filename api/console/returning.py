"""The pages on which a customer asks for a return: what, why, how; then it is done."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Response

from api.console import forms
from api.console.drafts import METHODS, STEPS, Draft
from api.console.forms import Faulty, InForm, Problems
from api.console.links import Visit, Visiting
from api.console.pages import Page, render
from api.transaction import Wake
from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.money import Money
from orderwright.domain.orders import Scope
from orderwright.domain.returns.rules import Verdict
from orderwright.domain.returns.states import FOR_MONEY
from orderwright.services.portal.acting import acting, once
from orderwright.services.returns import judging, offering, requesting
from orderwright.services.returns.offering import OfferedLine

router = APIRouter(route_class=Page, include_in_schema=False)


@router.get("/o/{token}/return")
async def what_comes_back(visit: Visiting) -> Response:
    """The first step."""
    lines = await _lines(visit)
    return await _page(visit, "what", lines, Draft.of(forms.Sent({}), lines), forms.fresh_key())


@router.post("/o/{token}/return")
async def next_step(visit: Visiting, form: InForm, wake: Wake) -> Response:
    """The step that the pressed button names, or the one before it that is not right yet."""
    key, go = form.key, form.text("go")
    if go == "send":
        return await _send(visit, form, wake)
    lines = await _lines(visit)
    draft, step = Draft.of(form, lines), go if go in STEPS[:3] else "what"
    try:
        draft.check(lines, step)
    except Faulty as faulty:
        return await _page(visit, faulty.page, lines, draft, key, faulty.problems)
    return await _page(visit, step, lines, draft, key)


async def _send(visit: Visit, form: forms.Sent, wake: Wake) -> Response:
    actor = await acting(visit.session, visit.order_id, Scope.STOREFRONT)

    async def work(customer: Actor) -> str:
        lines = await _lines(visit)
        draft = Draft.of(form, lines)
        draft.check(lines, "done")
        wanted, now = draft.wanted(lines), datetime.now(UTC)
        row = await requesting.request(visit.session, visit.order_id, wanted, customer, now)
        return f"returns/{row.number}?new=1"

    try:
        where = await once(visit.session, visit.order_id, actor, "return", form.key, work)
    except Faulty as faulty:
        lines = await _lines(visit)
        return await _page(visit, faulty.page, lines, Draft.of(form, lines), form.key, faulty.problems)
    wake(visit.order_id)
    return visit.go_to(where)


async def _lines(visit: Visit) -> Sequence[OfferedLine]:
    """What has arrived. Raises Conflict where nothing has that is not on its way back."""
    lines = await offering.offered(visit.session, visit.order_id, datetime.now(UTC))
    if not lines:
        raise Conflict("nothing has arrived that is in no return")
    return lines


async def _page(
    visit: Visit, step: str, lines: Sequence[OfferedLine], draft: Draft, key: str,
    problems: Problems | None = None,
) -> Response:  # fmt: skip
    words = await visit.words()
    more = await _ways(visit, lines, draft) if step == "how" else {}
    return render(
        visit.request, f"return/{step}.html", words, 422 if problems else 200, here=visit.here, step=step,
        steps=STEPS, reached=STEPS.index(step) + 1, lines=lines, draft=draft, key=key,
        chosen=draft.chosen(lines), problems=problems or {}, resolutions=FOR_MONEY, **more,
    )  # fmt: skip


async def _ways(visit: Visit, lines: Sequence[OfferedLine], draft: Draft) -> dict[str, object]:
    """What each way would give back, until when, and whether a person looks at it first."""
    now = datetime.now(UTC)
    ways = []
    for method in METHODS:
        seen = await judging.preview(visit.session, visit.order_id, draft.wanted(lines, method), now)
        fee, total = (Money(one, seen.currency) for one in (seen.reckoning.fee, seen.reckoning.total))
        ways.append((method, fee, total))
    kept = sum(line.restocking for line in seen.reckoning.lines)
    return {
        "ways": ways,
        "shipping": Money(seen.reckoning.shipping, seen.currency),
        "restocking": Money(kept, seen.currency),
        "by_person": seen.judgment.verdict is Verdict.BY_PERSON,
        "approve_days": seen.policy.approve_days,
        "ends": min(line.window_ends for line in seen.judgment.lines),
        "send_by": now + timedelta(days=seen.policy.send_days),
    }
