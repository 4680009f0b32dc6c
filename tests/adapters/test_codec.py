"""Payloads: unreadable without the key, and readable from before there was one."""

import base64

import pytest
from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from orderwright.adapters.temporal.client import data_converter
from orderwright.adapters.temporal.codec import EncryptionCodec, payload_key

KEY = bytes(range(32))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"order_id": "0192"}')


async def test_what_goes_out_comes_back_and_cannot_be_read_in_between() -> None:
    codec = EncryptionCodec(KEY)

    [sealed] = await codec.encode([PLAIN])

    assert b"0192" not in sealed.SerializeToString()
    assert b"json/plain" not in sealed.SerializeToString()
    assert await codec.decode([sealed]) == [PLAIN]


async def test_the_same_payload_never_looks_the_same() -> None:
    codec = EncryptionCodec(KEY)

    first, second = await codec.encode([PLAIN, PLAIN])

    assert first.data != second.data


async def test_histories_from_before_the_key_stay_readable() -> None:
    assert await EncryptionCodec(KEY).decode([PLAIN]) == [PLAIN]


async def test_another_key_is_told_and_never_guessed() -> None:
    sealed = await EncryptionCodec(KEY).encode([PLAIN])

    with pytest.raises(ValueError, match="another key"):
        await EncryptionCodec(bytes(32)).decode(sealed)


async def test_a_changed_payload_is_refused() -> None:
    [sealed] = await EncryptionCodec(KEY).encode([PLAIN])
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])

    with pytest.raises(InvalidTag):
        await EncryptionCodec(KEY).decode([sealed])


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_key_is_read_in_either_alphabet(encode: object) -> None:
    key = bytes([251, 255, 254] * 10 + [1, 2])

    assert payload_key(encode(key).decode()) == key  # type: ignore[operator]  # one of two functions of base64


@pytest.mark.parametrize("text", ["", "short", "é", base64.b64encode(bytes(31)).decode()])
def test_what_is_no_key_is_told_at_start(text: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        payload_key(text)


async def test_a_failures_text_is_covered_by_the_key() -> None:
    converter = data_converter(base64.b64encode(KEY).decode())
    failure = Failure()
    await converter.encode_failure(ApplicationError("refused for 0192", type="Refused"), failure)

    assert b"0192" not in failure.SerializeToString()
    assert str(await converter.decode_failure(failure)) == "Refused: refused for 0192"
