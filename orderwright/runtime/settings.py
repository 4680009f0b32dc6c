"""What a deployment decides: every setting, its environment name and its default."""

from enum import StrEnum
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orderwright.domain.payments import ExpiredCards


class Environment(StrEnum):
    """Where this process runs: `production` refuses the demo's secrets and typed Temporal signals."""

    LOCAL = "local"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Read from the environment with the prefix ORDERWRIGHT_; secrets may be files in /run/secrets.

    The local stack sets all of them to the simulator's values, so that moving to real accounts is a
    change of settings and never of code.
    """

    model_config = SettingsConfigDict(env_prefix="ORDERWRIGHT_", extra="ignore", frozen=True)

    environment: Environment = Environment.LOCAL
    database_url: SecretStr = SecretStr("postgresql+psycopg://orderwright@127.0.0.1:5432/orderwright")
    database_pool: int = Field(default=20, ge=1, le=200)
    public_url: str = "http://127.0.0.1:8080"
    base_currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    business_email: str = "operations@shop.example"
    brand_color: str = Field(default="#17705b", pattern="^#[0-9a-fA-F]{6}$")
    change_window_minutes: int | None = Field(default=None, ge=0)
    link_key: SecretStr = SecretStr("links_orderwright")

    temporal_address: str = Field(default="127.0.0.1:7233", validation_alias="TEMPORAL_ADDRESS")
    temporal_namespace: str = Field(default="default", validation_alias="TEMPORAL_NAMESPACE")
    temporal_signals_as: Literal["operations", "admin", "none"] = "operations"
    payload_key: SecretStr | None = None

    stripe_api_key: SecretStr = SecretStr("sk_test_orderwright")
    stripe_api_base: str = "https://api.stripe.com"
    stripe_webhook_secret: SecretStr = SecretStr("whsec_orderwright")
    stripe_multicapture: bool = False
    stripe_incremental: bool = False
    """Rights of the account at Stripe: several captures of an authorization; raising one."""

    tax_engine: Literal["table", "stripe"] = "table"
    tax_fallback: Literal["refuse", "table"] = "refuse"
    stripe_tax_codes: dict[str, str] = {"standard": "txcd_99999999", "exempt": "txcd_00000000"}
    stripe_tax_shipping_code: str = "txcd_92010001"
    stripe_tax_exclusive_in: str = "US,CA"
    gift_cards_expired: ExpiredCards = ExpiredCards.KEEP
    """What is left on expired gift cards: owed for ever, or income where the law of the shop says so."""

    card_gateway: Literal["stripe", "adyen"] = "stripe"
    adyen_api_key: SecretStr = SecretStr("adyen_orderwright")
    adyen_api_base: str = "https://checkout-test.adyen.com"
    adyen_disputes_base: str = "https://ca-test.adyen.com/ca/services/DisputeService"
    adyen_merchant_account: str = "OrderwrightCOM"
    adyen_webhook_secret: SecretStr = SecretStr("61" * 32)
    adyen_preauthorize: bool = False
    """Reserve in a way that can be raised, where the account and the card allow it."""

    easypost_api_key: SecretStr = SecretStr("EZTK_orderwright")
    easypost_api_base: str = "https://api.easypost.com"
    easypost_webhook_secret: SecretStr = SecretStr("easypost_orderwright")

    twilio_account_sid: str = "AC00000000000000000000000000000000"
    twilio_auth_token: SecretStr = SecretStr("twilio_orderwright")
    twilio_api_base: str = "https://api.twilio.com"
    twilio_from: str = "+15005550006"

    smtp_url: SecretStr = SecretStr("smtp://127.0.0.1:1025")
    mail_from: str = "Orderwright <orders@shop.example>"
    mail_inbound_secret: SecretStr = SecretStr("whsec_b3JkZXJ3cmlnaHQtaW5ib3VuZC1tYWls")
    unsubscribe_secret: SecretStr = SecretStr("unsubscribe_orderwright")
    sms_quiet_hours: str = Field(default="21:00-08:00", pattern=r"^(\d\d:\d\d-\d\d:\d\d)?$")
    sms_quiet_exempt: tuple[str, ...] = ("action_needed", "kept_for_pickup", "ready_for_pickup")
    notification_texts_days: int = Field(default=180, ge=1)

    warehouse_url: str = "http://127.0.0.1:8089/warehouse"
    warehouse_secret: SecretStr = SecretStr("whsec_b3JkZXJ3cmlnaHQtd2FyZWhvdXNl")

    supplier_url: str = "http://127.0.0.1:8089/supplier"
    supplier_secret: SecretStr = SecretStr("whsec_b3JkZXJ3cmlnaHQtc3VwcGxpZXI=")

    carrier: Literal["easypost", "table"] = "easypost"
    promise_upgrade_at_most: int = Field(default=0, ge=0)
    """What a faster service may cost more than the label that is bought, so that a promise is kept: in minor
    units of the label's currency. 0: never."""
    table_carrier_secret: SecretStr = SecretStr("table_orderwright")
    table_carrier_currency: str = "USD"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _no_known_secret_in_production(self) -> Self:
        """Whoever has read this file could sign links and providers' events with the secrets in it."""
        if self.environment is Environment.PRODUCTION:
            defaults = type(self).model_fields
            known = [name for name in SECRETS if getattr(self, name) == defaults[name].default]
            if known:
                names = ", ".join(f"ORDERWRIGHT_{name.upper()}" for name in known)
                raise ValueError(f"these are known to everybody: set {names}")
        return self

    @cached_property
    def signals_as(self) -> Literal["operations", "admin", "none"]:
        """With whose rights a decision typed at the Temporal UI is made: nobody's in production."""
        return "none" if self.environment is Environment.PRODUCTION else self.temporal_signals_as

    def redacted(self) -> dict[str, str]:
        """Every effective setting as text, secrets as stars: for `orderwright doctor` and logs."""
        return {name: str(value) for name, value in self.model_dump().items()}


SECRETS = (
    "link_key", "stripe_api_key", "stripe_webhook_secret", "adyen_api_key", "adyen_webhook_secret",
    "easypost_api_key", "easypost_webhook_secret", "twilio_auth_token", "warehouse_secret", "supplier_secret",
    "table_carrier_secret", "mail_inbound_secret", "unsubscribe_secret",
)  # fmt: skip
