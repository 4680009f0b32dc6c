"""Pages for people: an order's own page for its customer, made on the server, whole without JavaScript."""

from api.console import addressing, canceling, complaining, customer, preferring, returned, returning

PAGES = tuple(
    module.router
    for module in (customer, returning, returned, canceling, addressing, complaining, preferring)
)
