"""What moves stock without an order: expected receipts, transfers, counts, adjustments."""

from api.routes.supply import counts, expected, moves, transfers

ROUTERS = (moves.router, expected.router, transfers.router, counts.router)
