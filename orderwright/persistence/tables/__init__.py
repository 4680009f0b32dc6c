"""Every table of the record."""

from orderwright.persistence.tables.base import Base, Json
from orderwright.persistence.tables.catalog import (
    Customer,
    CustomerAddress,
    KitComponent,
    Location,
    LocationClosure,
    Product,
    RiskRule,
    TaxRate,
    UnitOfMeasure,
)
from orderwright.persistence.tables.delivery import (
    ApiKey,
    Effect,
    IdempotencyKey,
    Inbox,
    Notification,
    Outbox,
)
from orderwright.persistence.tables.fulfillment import (
    Document,
    FulfillmentLine,
    FulfillmentOrder,
    RoutingProfile,
    Shipment,
    ShipmentOffer,
    ShipmentScan,
    SourcingDecision,
)
from orderwright.persistence.tables.orders import Hold, Order, OrderEvent, OrderKit, OrderLine, Task
from orderwright.persistence.tables.payments import (
    LedgerEntry,
    LedgerTransaction,
    Payment,
    PaymentEvent,
    Refund,
)
from orderwright.persistence.tables.stock import ExpectedReceipt, Reservation, StockLevel, StockMove

__all__ = [
    "ApiKey",
    "Base",
    "Customer",
    "CustomerAddress",
    "Document",
    "Effect",
    "ExpectedReceipt",
    "FulfillmentLine",
    "FulfillmentOrder",
    "Hold",
    "IdempotencyKey",
    "Inbox",
    "Json",
    "KitComponent",
    "LedgerEntry",
    "LedgerTransaction",
    "Location",
    "LocationClosure",
    "Notification",
    "Order",
    "OrderEvent",
    "OrderKit",
    "OrderLine",
    "Outbox",
    "Payment",
    "PaymentEvent",
    "Product",
    "Refund",
    "Reservation",
    "RiskRule",
    "RoutingProfile",
    "Shipment",
    "ShipmentOffer",
    "ShipmentScan",
    "SourcingDecision",
    "StockLevel",
    "StockMove",
    "Task",
    "TaxRate",
    "UnitOfMeasure",
]
