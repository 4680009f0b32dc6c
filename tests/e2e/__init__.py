"""The whole product over HTTP, as its users meet it."""
