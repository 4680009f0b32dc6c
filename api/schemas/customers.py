"""Customers and addresses, as they are sent and read."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from api.schemas.base import Body, Country, Days, Email, Flag, Identifier, Out, Phone, Text, Words
from orderwright.domain.addresses import Address
from orderwright.services.customers import CustomerData, e164

ADDRESS: dict[str, JsonValue] = {
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}
CUSTOMER: dict[str, JsonValue] = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+442079460958",
    "sms_consent": True,
}

VatId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9A-Z+*]{2,12}$")]


class AddressBody(Body):
    """Where a parcel goes. `country` is ISO 3166-1 alpha-2; what cannot be delivered to becomes a hold."""

    model_config = ConfigDict(json_schema_extra={"examples": [ADDRESS]})

    name: Words
    line1: Words
    line2: Text = ""
    city: Words
    region: Text = ""
    postal_code: Text = ""
    country: Country
    company: Text = ""
    phone: Phone = ""

    def address(self) -> Address:
        """As the domain has it."""
        return Address(**self.model_dump())


class CustomerBody(Body):
    """A person or a company. Consent is per channel and the customer's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [CUSTOMER]})

    name: Words
    external_id: Identifier | None = None
    company: Text = ""
    vat_id: VatId | None = Field(default=None, description="With its country's letters: DE136695976")
    email: Email | None = None
    phone: Phone | None = None
    sms_consent: Flag = Field(default=False, description="The customer wants text messages")
    language: str = Field(default="en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")

    def data(self, country: str | None = None) -> CustomerData:
        """As the services have it, the phone as E.164. Raises InvalidPhone."""
        given = self.model_dump()
        given["phone"] = e164(self.phone, country) if self.phone else None
        return CustomerData(**given)


class TermsBody(Body):
    """How long the customer has to pay an invoice."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 14}]})

    days: Days | None = Field(description="null: as whoever sells says")


class CustomerView(Out):
    """A customer. `version` is also the ETag."""

    id: UUID
    external_id: str | None
    name: str
    company: str
    vat_id: str | None
    email: str | None
    phone: str | None
    sms_consent: bool
    language: str
    terms_days: int | None = Field(description="To pay an invoice; null: as whoever sells says")
    version: int
    created_at: datetime
