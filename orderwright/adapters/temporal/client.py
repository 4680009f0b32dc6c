"""How does this process reach Temporal?"""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client, Interceptor, Plugin
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.envconfig import ClientConfigProfile
from temporalio.runtime import Runtime

from orderwright.adapters.temporal.codec import EncryptionCodec
from orderwright.adapters.temporal.codec import payload_key as parsed

CONNECT_TIMEOUT = timedelta(seconds=5)


def data_converter(payload_key: str | None) -> DataConverter:
    """The one converter for client, worker and replayer: a history can only be read by the one that wrote it.

    Failures keep their text in encoded attributes, so that the codec covers it too. No key, no encryption.
    """
    return dataclasses.replace(
        pydantic_data_converter,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        payload_codec=EncryptionCodec(parsed(payload_key)) if payload_key else None,
    )


async def connect(
    address: str,
    namespace: str,
    payload_key: str | None = None,
    *,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
    plugins: Sequence[Plugin] = (),
) -> Client:
    """A connected client. TLS, API key and headers come from the SDK's own environment settings (TEMPORAL_…).

    Raises RuntimeError where nobody answers.
    """
    settings: dict[str, Any] = dict(
        ClientConfigProfile.load().to_client_connect_config()
    )  # Any: the SDK's TypedDict
    settings |= {"target_host": address, "namespace": namespace}
    return await Client.connect(
        **settings,
        data_converter=data_converter(payload_key),
        runtime=runtime,
        interceptors=interceptors,
        plugins=plugins,
        connect_timeout=CONNECT_TIMEOUT,
    )
