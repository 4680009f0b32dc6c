"""Every desk keeps the port's promises: evidence once, the money let go once, a definite no."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx2
import pytest
import pytest_asyncio

from orderwright.adapters.disputes.adyen import AdyenDisputes
from orderwright.adapters.disputes.stripe import StripeDisputes
from orderwright.adapters.payments.adyen import AdyenGateway
from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.money import Money
from orderwright.domain.payments import EvidenceKind
from orderwright.ports.disputes import DisputeDesk, Evidence, EvidenceFile
from orderwright.ports.failures import Refused, Unreachable
from orderwright.ports.payments import Context
from tests.adapters.world import World

CONTEXT = Context(order_id="0192", payment_id="p1", order_number="OW-1001")
TEN = Money(1000, "EUR")
PDF = b"%PDF-1.7 \xff\xfe what was signed for"
SLIP = EvidenceFile(EvidenceKind.DELIVERY, "slip.pdf", "application/pdf", PDF)
WORDS = EvidenceFile(EvidenceKind.OTHER, "words.pdf", "application/pdf", PDF)
KEY = "0192:dispute/a1:1"


class Case(NamedTuple):
    """A desk, a dispute that is open at it, what it calls the operation that submits, and its provider."""

    desk: DisputeDesk
    reference: str
    submits: str
    provider: str


@pytest_asyncio.fixture(params=["stripe", "adyen"], loop_scope="session")
async def case(request: pytest.FixtureRequest, world: World, pool: ThreadPoolExecutor) -> Case:
    """Each desk in turn."""
    if request.param == "stripe":
        return await at_stripe(world, pool)
    return await at_adyen(world, pool)


async def at_stripe(world: World, pool: ThreadPoolExecutor) -> Case:
    url = f"{world.url}/stripe"
    gateway = StripeGateway("sk", url, pool=pool)
    held = await gateway.authorize(TEN, source="pm_card_createDispute", context=CONTEXT, key="0192:a:1")
    await gateway.capture(held.reference, TEN, final=True, key="0192:c:1")
    for _ in range(100):
        moved = _get(f"{url}/v1/balance_transactions")["data"]
        found = [one["source"] for one in moved if one["source"].startswith("dp_")]
        if found:
            return Case(StripeDisputes("sk", url, pool=pool), found[0], "disputes.update", "stripe")
        await asyncio.sleep(0.05)
    raise AssertionError("the bank never asked")


async def at_adyen(world: World, pool: ThreadPoolExecutor) -> Case:
    gateway = AdyenGateway("key", f"{world.url}/adyen", merchant_account="ShopCOM", pool=pool)
    held = await gateway.authorize(TEN, source="shopper-1/visa", context=CONTEXT, key="0192:a:1")
    await gateway.capture(held.reference, TEN, final=True, key="0192:c:1")
    await world.until(lambda books: books["payments"][0]["captured"] == 1000)
    url = f"{world.url}/_sim/adyen/{held.reference}/dispute"
    said = httpx2.post(url, json={"event": "CHARGEBACK"}, timeout=5).raise_for_status().json()
    desk = AdyenDisputes("key", f"{world.url}/adyen/disputes", merchant_account="ShopCOM", pool=pool)
    return Case(desk, said["id"], "disputes.defendDispute", "adyen")


def _get(url: str) -> dict[str, Any]:
    """Any: the simulator's JSON."""
    answer = httpx2.get(url, headers={"Authorization": "Bearer sk"}, timeout=5)
    return dict(answer.raise_for_status().json())


async def test_evidence_is_submitted_once_per_key(case: Case, world: World) -> None:
    evidence = Evidence("It was signed for.", [SLIP, WORDS], "UPS", "1Z", "2026-11-02")

    first = await case.desk.defend(case.reference, evidence, key=KEY)
    second = await case.desk.defend(case.reference, evidence, key=KEY)

    assert first == second
    assert world.outcomes(case.provider, case.submits) == ["effective", "replayed"]


async def test_an_answer_is_given_once_whatever_it_is(case: Case) -> None:
    await case.desk.defend(case.reference, Evidence("Signed for.", [SLIP, WORDS]), key=KEY)

    with pytest.raises(Refused):
        await case.desk.defend(case.reference, Evidence("Again.", [SLIP, WORDS]), key="0192:dispute/a2:1")


async def test_what_is_let_go_is_let_go_once(case: Case) -> None:
    first = await case.desk.accept(case.reference, key=KEY)
    second = await case.desk.accept(case.reference, key=KEY)

    assert first == second
    assert await case.desk.find_defense(case.reference, key=KEY) is None
    with pytest.raises(Refused):
        await case.desk.defend(case.reference, Evidence("No!", [SLIP, WORDS]), key="0192:dispute/a2:1")


async def test_nobody_knows_of_another_dispute(case: Case) -> None:
    unknown = case.reference[:-4] + "0000"

    with pytest.raises(Refused):
        await case.desk.defend(unknown, Evidence("Hm.", [SLIP, WORDS]), key=KEY)


# --- what is of one provider


async def test_stripe_has_a_place_for_everything_and_a_lost_answer_is_found(
    world: World, pool: ThreadPoolExecutor
) -> None:
    desk, reference, submits, _ = await at_stripe(world, pool)
    receipt = EvidenceFile(EvidenceKind.RECEIPT, "INV-2026-000001.pdf", "application/pdf", PDF)
    letter = EvidenceFile(EvidenceKind.COMMUNICATION, "mail.pdf", "application/pdf", PDF)
    world.switch("stripe", "answer_lost", operation=submits, times=1)

    with pytest.raises(Unreachable):
        await desk.defend(
            reference, Evidence("Signed.", [SLIP, receipt, letter], "UPS", "1Z", "2026-11-02"), key=KEY
        )

    assert await desk.find_defense(reference, key=KEY) is not None
    assert await desk.find_defense(reference, key="another") is None
    dispute = _get(f"{world.url}/stripe/v1/disputes/{reference}")
    said = dispute["evidence"]
    assert (dispute["status"], dispute["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert (said["uncategorized_text"], said["shipping_carrier"]) == ("Signed.", "UPS")
    assert (said["shipping_tracking_number"], said["shipping_date"]) == ("1Z", "2026-11-02")
    files = [said[name] for name in ("shipping_documentation", "receipt", "customer_communication")]
    assert len(set(files)) == 3
    assert [one["object_id"] for one in world.calls("stripe", "files.create")] == files


async def test_stripe_takes_one_file_of_each_kind(world: World, pool: ThreadPoolExecutor) -> None:
    desk, reference, _, _ = await at_stripe(world, pool)

    with pytest.raises(Refused, match="one file of each kind"):
        await desk.defend(reference, Evidence("", [SLIP, SLIP]), key=KEY)

    assert world.calls("stripe", "files.create") == []


async def test_adyen_is_given_the_reason_that_the_documents_do_for(
    world: World, pool: ThreadPoolExecutor
) -> None:
    desk, reference, submits, _ = await at_adyen(world, pool)

    with pytest.raises(Refused, match="GoodsOrServicesProvided, TransactionRecognised"):
        await desk.defend(reference, Evidence("words alone"), key=KEY)
    named = Evidence(files=[SLIP], reason="GoodsOrServicesProvided")
    with pytest.raises(Refused, match="no reason"):
        await desk.defend(reference, named, key=KEY)
    await desk.defend(reference, Evidence(files=[SLIP]), key=KEY)

    assert world.outcomes("adyen", "disputes.supplyDefenseDocument") == ["effective"]
    assert world.outcomes("adyen", submits) == ["effective"]


async def test_adyen_takes_no_png(world: World, pool: ThreadPoolExecutor) -> None:
    desk, reference, _, _ = await at_adyen(world, pool)
    picture = EvidenceFile(EvidenceKind.OTHER, "door.png", "image/png", b"\x89PNG\r\n\x1a\n")

    with pytest.raises(Refused, match="PDF and JPEG"):
        await desk.defend(reference, Evidence(files=[picture]), key=KEY)
