"""Pages for people: an order's own page for its customer, made on the server, whole without JavaScript."""

from api.console import customer, returned, returning

PAGES = (customer.router, returning.router, returned.router)
