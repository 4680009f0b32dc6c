"""Who is asking, and what may they do?"""

from dataclasses import dataclass

from orderwright.domain.failures import Forbidden
from orderwright.domain.orders import Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a key's name, `temporal:<login>`, or `system`. Its name stands in the timeline."""

    name: str
    scopes: frozenset[Scope] = frozenset()

    def may(self, *any_of: Scope) -> bool:
        """Whether one of these rights is there; `admin` has them all."""
        return Scope.ADMIN in self.scopes or bool(self.scopes & set(any_of))

    def require(self, *any_of: Scope) -> None:
        """Raises Forbidden where none of these rights is there."""
        if not self.may(*any_of):
            raise Forbidden("this key may not do that", needs=sorted(scope.value for scope in any_of))
