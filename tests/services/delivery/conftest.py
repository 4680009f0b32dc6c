"""One database per test file; each test finds it without orders, goods or places."""

from tests.persistence.conftest import database, shop

__all__ = ["database", "shop"]
