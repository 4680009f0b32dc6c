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
from orderwright.persistence.tables.stock import ExpectedReceipt, Reservation, StockLevel, StockMove
from orderwright.persistence.tables.supply import (
    StockCount,
    StockCountLine,
    StockDifference,
    Transfer,
    TransferLine,
)

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
    "Refund",
    "Reservation",
    "RiskRule",
    "RoutingProfile",
    "Shipment",
    "ShipmentOffer",
    "ShipmentScan",
    "SourcingDecision",
    "StockCount",
    "StockCountLine",
    "StockDifference",
    "StockLevel",
    "StockMove",
    "Task",
    "TaxRate",
    "Transfer",
    "TransferLine",
]
