"""Every table of the record."""

from orderwright.persistence.tables.base import Base, Json
from orderwright.persistence.tables.catalog import (
    Customer,
    CustomerAddress,
    Location,
    LocationClosure,
    Product,
    RiskRule,
    TaxRate,
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
from orderwright.persistence.tables.orders import Hold, Order, OrderEvent, OrderLine, Task
from orderwright.persistence.tables.payments import (
    LedgerEntry,
    LedgerTransaction,
    Payment,
    PaymentEvent,
    Refund,
)
from orderwright.persistence.tables.purchasing import DocumentNumber, PurchaseLine, PurchaseOrder
from orderwright.persistence.tables.stock import ExpectedReceipt, Reservation, StockLevel, StockMove

__all__ = [
    "ApiKey",
    "Base",
    "Customer",
    "CustomerAddress",
    "Document",
    "DocumentNumber",
    "Effect",
    "ExpectedReceipt",
    "FulfillmentLine",
    "FulfillmentOrder",
    "Hold",
    "IdempotencyKey",
    "Inbox",
    "Json",
    "LedgerEntry",
    "LedgerTransaction",
    "Location",
    "LocationClosure",
    "Notification",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Outbox",
    "Payment",
    "PaymentEvent",
    "Product",
    "PurchaseLine",
    "PurchaseOrder",
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
]
