"""How a provider can fail, whichever it is: the only errors that `effects.once` knows."""


class ProviderFailure(Exception):
    """Something at a provider went wrong. The text holds no personal data."""


class Refused(ProviderFailure):
    """A definite no: nothing happened there, and asking again changes nothing.

    `code` is stable and ours, `words` are the provider's own for the person who decides.
    """

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(f"{code}: {words}" if words else code)
        self.code, self.words = code, words


class Declined(Refused):
    """The payment was declined for good."""


class Unreachable(ProviderFailure):
    """The outcome is unknown: no answer, half of one, or 5xx after sending. Look it up before repeating."""


class NotSent(ProviderFailure):
    """It certainly did not happen (connection refused, 429): repeat with the same key."""
