"""Every SMS sender keeps the port's promises."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from orderwright.adapters.notifications.twilio import TwilioSms
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.ports.notifications import SmsSender
from tests.adapters.world import World

TO = "+447700900123"
BODY = "OW-1001 is on its way"
CREATE = "messages.create"


def twilio(url: str, pool: ThreadPoolExecutor, timeout: float = 5) -> TwilioSms:
    """One account."""
    return TwilioSms("AC0", "token", url, from_="+15005550006", pool=pool, timeout=timeout)


@pytest.fixture(params=["twilio"])
def sms(world: World, pool: ThreadPoolExecutor) -> SmsSender:
    """Each sender in turn."""
    return twilio(f"{world.url}/twilio/", pool)


@pytest.fixture
def before() -> datetime:
    """When the effect was intended."""
    return datetime.now(UTC)


async def test_what_was_sent_is_found(sms: SmsSender, world: World, before: datetime) -> None:
    sent = await sms.send(TO, BODY)

    assert await sms.find(TO, BODY, since=before) == sent
    assert [message["count"] for message in world.books()["messages"]] == [1]


async def test_what_was_not_sent_is_not_found(sms: SmsSender, before: datetime) -> None:
    await sms.send(TO, BODY)

    assert await sms.find(TO, "another text", since=before) is None
    assert await sms.find("+447700900999", BODY, since=before) is None
    assert await sms.find(TO, BODY, since=before + timedelta(minutes=1)) is None


async def test_a_message_whose_answer_got_lost_is_found(
    sms: SmsSender, world: World, before: datetime
) -> None:
    world.switch("twilio", "answer_lost", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await sms.send(TO, BODY)

    assert await sms.find(TO, BODY, since=before) is not None


async def test_it_is_found_behind_many_others(sms: SmsSender, before: datetime) -> None:
    sent = await sms.send(TO, BODY)
    for nth in range(55):
        await sms.send(TO, f"another {nth}")

    assert await sms.find(TO, BODY, since=before) == sent


@pytest.mark.parametrize(
    ("number", "code"), [("+15005550001", "invalid_number"), ("+15005550009", "not_a_mobile")]
)
async def test_a_number_that_cannot_be_reached_is_refused_without_quoting_it(
    sms: SmsSender, world: World, number: str, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await sms.send(number, BODY)

    assert refusal.value.code == code
    assert number not in str(refusal.value)
    assert world.books()["messages"] == []


async def test_no_number_gets_into_the_logs(
    sms: SmsSender, before: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    await sms.send(TO, BODY)
    await sms.find(TO, BODY, since=before)

    assert "7700900123" not in caplog.text


async def test_a_server_error_leaves_the_outcome_unknown(sms: SmsSender, world: World) -> None:
    world.switch("twilio", "server_error", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await sms.send(TO, BODY)


async def test_silence_leaves_the_outcome_unknown(silent: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(Unreachable):
        await twilio(f"http://{silent}", pool, timeout=0.2).send(TO, BODY)


async def test_where_nobody_listens_nothing_was_sent(nobody: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(NotSent):
        await twilio(f"http://{nobody}", pool).send(TO, BODY)
