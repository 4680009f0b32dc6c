"""Settings that would let strangers in are refused where it counts."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from orderwright.runtime.settings import SECRETS, Environment, Settings


def test_production_refuses_every_secret_that_stands_in_the_code() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(environment=Environment.PRODUCTION)

    for name in SECRETS:
        assert f"ORDERWRIGHT_{name.upper()}" in str(refused.value)


@pytest.mark.parametrize("left", SECRETS)
def test_one_that_is_left_is_named_and_the_others_are_not(left: str) -> None:
    own: Any = {name: SecretStr(f"our own {name}") for name in SECRETS if name != left}

    with pytest.raises(ValidationError, match=f"set ORDERWRIGHT_{left.upper()} "):
        Settings(environment=Environment.PRODUCTION, **own)


def test_with_secrets_of_its_own_it_starts_and_shows_none() -> None:
    own: Any = {name: SecretStr("our own") for name in SECRETS}

    settings = Settings(environment=Environment.PRODUCTION, **own)

    assert settings.signals_as == "none"
    assert "our own" not in str(settings.redacted())
