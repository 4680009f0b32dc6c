"""Stock over HTTP: levels, availability, and what moves it without an order."""

from api.routes.stock import availability, counts, expected, levels, moves, transfers

ROUTERS = (
    levels.router,
    moves.router,
    expected.router,
    transfers.router,
    counts.router,
    availability.router,
)
