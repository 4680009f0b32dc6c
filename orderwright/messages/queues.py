"""The task queues: one per kind of provider, so that one provider's outage slows nothing else."""

ORDERS = "orders"
PAYMENTS = "payments"
CARRIERS = "carriers"
WAREHOUSE = "warehouse"
NOTIFICATIONS = "notifications"
BULK = "bulk"

ALL = (ORDERS, PAYMENTS, CARRIERS, WAREHOUSE, NOTIFICATIONS, BULK)
