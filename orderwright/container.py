"""Settings in, everything wired out: the only place that picks adapters."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Self

import httpx2
from temporalio.client import Client
from temporalio.runtime import Runtime

from orderwright.adapters.carriers.easypost import EasyPostCarrier
from orderwright.adapters.carriers.easypost_events import EasyPostEvents
from orderwright.adapters.carriers.table import TableRateCarrier
from orderwright.adapters.disputes.adyen import AdyenDisputes
from orderwright.adapters.disputes.stripe import StripeDisputes
from orderwright.adapters.documents.typesetting import DocumentsMissing
from orderwright.adapters.documents.typst import TypstDocuments
from orderwright.adapters.ecb import EcbRates
from orderwright.adapters.notifications.mail_in import MailBounces, MailIn
from orderwright.adapters.notifications.smtp import SmtpMail
from orderwright.adapters.notifications.twilio import TwilioSms
from orderwright.adapters.notifications.twilio_events import TwilioStatus, TwilioTexts
from orderwright.adapters.payments.adyen import AdyenGateway
from orderwright.adapters.payments.adyen_events import AdyenEvents
from orderwright.adapters.payments.adyen_settlement import AdyenSettlements
from orderwright.adapters.payments.balances import BalanceGateway
from orderwright.adapters.payments.exchanged import ExchangeGateway
from orderwright.adapters.payments.manual import ManualGateway
from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.adapters.payments.stripe_events import StripeEvents
from orderwright.adapters.payments.stripe_settlement import StripeSettlements
from orderwright.adapters.payments.stripe_statements import StripeStatements
from orderwright.adapters.tax.stripe_tax import StripeTax
from orderwright.adapters.temporal.client import connect
from orderwright.adapters.temporal.orchestrator import TemporalOrchestrator
from orderwright.adapters.warehouses.events import SupplierEvents, WarehouseEvents
from orderwright.adapters.warehouses.http import HttpWarehouse
from orderwright.adapters.warehouses.supplier import HttpSupplier
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.telling.quiet import Quiet
from orderwright.domain.telling.stages import Stage
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects
from orderwright.ports.carriers import Carrier
from orderwright.ports.disputes import DisputeDesk
from orderwright.ports.documents import Documents
from orderwright.ports.inbound import InboundEvents
from orderwright.ports.orchestrator import Orchestrator
from orderwright.ports.payments import InstrumentVault, PaymentGateway
from orderwright.ports.rates import RateFiles
from orderwright.ports.statements import PaymentStatements, SettlementFiles
from orderwright.ports.tax import TaxEngine
from orderwright.runtime.settings import Settings
from orderwright.services.portal.links import Links
from orderwright.services.pricing.ahead import TaxAhead
from orderwright.services.relay import Relay
from orderwright.services.telling.rendering import Shop
from orderwright.services.telling.teller import Manners

THREADS = 24
"""For the synchronous SDKs of one process: bounded, so that a slow provider cannot take all there are."""


class Container:
    """The parts of one process. Nothing is connected before it is used; `close` gives everything back."""

    def __init__(self, settings: Settings, *, runtime: Runtime | None = None) -> None:
        self.settings = settings
        self._runtime = runtime
        self._client: Client | None = None
        self._open = AsyncExitStack()
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="provider")
        self.db = Database(settings.database_url.get_secret_value(), pool=settings.database_pool)
        self.effects = Effects(self.db)
        self.orchestrator: Orchestrator = TemporalOrchestrator(self.temporal)
        self.relay = Relay(self.db, self.orchestrator)
        self.links = Links(settings.link_key.get_secret_value(), settings.public_url)
        self.tax = TaxAhead(self.db, self._tax_engine(), falls_back=settings.tax_fallback == "table")
        self.inbound: dict[str, InboundEvents] = {
            "stripe": StripeEvents(settings.stripe_webhook_secret.get_secret_value()),
            "adyen": AdyenEvents(settings.adyen_webhook_secret.get_secret_value()),
            "easypost": EasyPostEvents(settings.easypost_webhook_secret.get_secret_value()),
            "warehouse": WarehouseEvents(settings.warehouse_secret.get_secret_value()),
            "supplier": SupplierEvents(settings.supplier_secret.get_secret_value()),
            "twilio": TwilioStatus(self._twilio_token, f"{settings.public_url}/v1/inbound/twilio"),
            "mail-bounce": MailBounces(settings.mail_inbound_secret.get_secret_value()),
        }

    @classmethod
    def build(cls, settings: Settings, *, runtime: Runtime | None = None) -> Self:
        """Everything wired by `settings`."""
        return cls(settings, runtime=runtime)

    async def start(self) -> None:
        """Nothing to do: connections are made when they are needed."""

    async def close(self) -> None:
        """Give connections and threads back."""
        await self._open.aclose()
        await self.db.close()
        self.pool.shutdown(wait=False, cancel_futures=True)

    async def temporal(self) -> Client:
        """The one Temporal client of this process. Raises RuntimeError where nobody answers."""
        if self._client is None:
            key = self.settings.payload_key
            self._client = await connect(
                self.settings.temporal_address,
                self.settings.temporal_namespace,
                key.get_secret_value() if key else None,
                runtime=self._runtime,
            )
        return self._client

    def gateways(self) -> dict[PaymentMethod, PaymentGateway]:
        """One per payment method."""
        manual, kept = ManualGateway(), BalanceGateway(self.db)
        return {
            PaymentMethod.CARD: self._card_gateway(),
            PaymentMethod.MANUAL: manual,
            PaymentMethod.TRANSFER: manual,
            PaymentMethod.CASH_ON_DELIVERY: manual,
            PaymentMethod.GIFT_CARD: kept,
            PaymentMethod.STORE_CREDIT: kept,
            PaymentMethod.EXCHANGE: ExchangeGateway(),
        }

    def vault(self) -> InstrumentVault:
        """Who keeps cards for customers: whoever charges them."""
        return self._card_gateway().vault

    def disputes(self) -> DisputeDesk:
        """Who answers disputes: whoever charged the card."""
        if self.settings.card_gateway == "adyen":
            return AdyenDisputes(
                self.settings.adyen_api_key.get_secret_value(),
                self.settings.adyen_disputes_base,
                merchant_account=self.settings.adyen_merchant_account,
                pool=self.pool,
            )
        return StripeDisputes(
            self.settings.stripe_api_key.get_secret_value(), self.settings.stripe_api_base, pool=self.pool
        )

    def _card_gateway(self) -> StripeGateway | AdyenGateway:
        if self.settings.card_gateway == "adyen":
            return AdyenGateway(
                self.settings.adyen_api_key.get_secret_value(),
                self.settings.adyen_api_base,
                merchant_account=self.settings.adyen_merchant_account,
                pool=self.pool,
                return_url=self.settings.public_url,
                preauthorize=self.settings.adyen_preauthorize,
            )
        return StripeGateway(
            self.settings.stripe_api_key.get_secret_value(),
            self.settings.stripe_api_base,
            pool=self.pool,
            return_url=self.settings.public_url,
            multicapture=self.settings.stripe_multicapture,
            incremental=self.settings.stripe_incremental,
        )

    def _tax_engine(self) -> TaxEngine | None:
        """Who is asked over the network; None: our own table, in the transaction itself."""
        if self.settings.tax_engine == "table":
            return None
        return StripeTax(
            self.settings.stripe_api_key.get_secret_value(),
            self.settings.stripe_api_base,
            codes=self.settings.stripe_tax_codes,
            shipping_code=self.settings.stripe_tax_shipping_code,
            exclusive_in=self.settings.stripe_tax_exclusive_in.replace(" ", "").upper().split(","),
            pool=self.pool,
        )

    def statements(self) -> PaymentStatements | None:
        """What the card provider lists; None where it lists nothing, as Adyen."""
        if self.settings.card_gateway != "stripe":
            return None
        return StripeStatements(
            self.settings.stripe_api_key.get_secret_value(), self.settings.stripe_api_base, pool=self.pool
        )

    def settlements(self) -> SettlementFiles:
        """How a settlement file of the card provider is read."""
        return AdyenSettlements() if self.settings.card_gateway == "adyen" else StripeSettlements()

    def rate_files(self) -> RateFiles:
        """How a bank's file of exchange rates is read."""
        return EcbRates()

    def carrier(self) -> Carrier:
        """The broker, or our own table of rates."""
        if self.settings.carrier == "table":
            return TableRateCarrier(
                self.settings.table_carrier_secret.get_secret_value(),
                currency=self.settings.table_carrier_currency,
                pdf=self.documents() is not None,
                pool=self.pool,
            )
        return EasyPostCarrier(
            self.settings.easypost_api_key.get_secret_value(),
            self.settings.easypost_api_base,
            pool=self.pool,
        )

    @property
    def claims_in(self) -> Collection[str]:
        """Currencies in which the carrier takes claims from us."""
        return TableRateCarrier.claims_in if self.settings.carrier == "table" else EasyPostCarrier.claims_in

    def warehouse(self) -> HttpWarehouse:
        """The partner over HTTP."""
        return HttpWarehouse(
            self.settings.warehouse_url,
            self.settings.warehouse_secret.get_secret_value(),
            f"{self.settings.public_url}/v1/inbound/warehouse",
            self._http(),
        )

    def supplier(self) -> HttpSupplier:
        """Who ships his own goods for us."""
        return HttpSupplier(
            self.settings.supplier_url,
            self.settings.supplier_secret.get_secret_value(),
            f"{self.settings.public_url}/v1/inbound/supplier",
            self._http(),
        )

    def _http(self) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(timeout=timedelta(seconds=10).total_seconds())
        self._open.push_async_callback(client.aclose)
        return client

    def mail(self) -> SmtpMail:
        """Outgoing mail."""
        sender = SmtpMail(self.settings.smtp_url.get_secret_value(), self.settings.mail_from)
        self._open.push_async_callback(sender.close)
        return sender

    def sms(self) -> TwilioSms:
        """Outgoing SMS."""
        return TwilioSms(
            self.settings.twilio_account_sid,
            self.settings.twilio_auth_token.get_secret_value(),
            self.settings.twilio_api_base,
            from_=self.settings.twilio_from,
            pool=self.pool,
            status_url=f"{self.settings.public_url}/v1/inbound/twilio",
        )

    def manners(self) -> Manners:
        """When telephones are quiet, and what signs the links that end mails."""
        return Manners(
            quiet=Quiet.read(self.settings.sms_quiet_hours),
            exempt=frozenset(Stage(name) for name in self.settings.sms_quiet_exempt),
            secret=self.settings.unsubscribe_secret.get_secret_value(),
        )

    @property
    def _twilio_token(self) -> str:
        return self.settings.twilio_auth_token.get_secret_value()

    def texts(self) -> TwilioTexts:
        """Incoming SMS."""
        return TwilioTexts(self._twilio_token, f"{self.settings.public_url}/v1/inbound/sms")

    def mail_in(self) -> MailIn:
        """Incoming mail."""
        return MailIn(self.settings.mail_inbound_secret.get_secret_value())

    def shop(self) -> Shop:
        """Who speaks where no brand does."""
        return Shop.of(
            sender=self.settings.mail_from,
            public_url=self.settings.public_url,
            business_email=self.settings.business_email,
        )

    def documents(self) -> Documents | None:
        """PDF papers, where the extra `documents` is installed; a worker without it ships without slips."""
        try:
            return TypstDocuments(self.settings.mail_from.partition("<")[0].strip(), pool=self.pool)
        except DocumentsMissing:
            return None
