"""Pages for people: an order's own page for its customer, made on the server, whole without JavaScript."""
