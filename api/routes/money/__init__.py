"""Routes of money: the books and the provider's side of them."""

from api.routes.money import books, differences

ROUTERS = (books.router, differences.router)
