"""How much of which tax is in an amount that was billed at several rates?"""

from collections.abc import Sequence

from orderwright.domain.documents.papers import PaperLine, RateSum, TaxCategory, by_rate
from orderwright.domain.money import rated, share


def rest(billed: Sequence[RateSum], credited: Sequence[RateSum]) -> Sequence[RateSum]:
    """What can still be credited at each rate; never below zero."""
    gone = {(one.rate_ppm, one.category): one for one in by_rate(credited)}
    found = []
    for one in by_rate(billed):
        less = gone.get((one.rate_ppm, one.category))
        net, tax = (one.net - less.net, one.tax - less.tax) if less else (one.net, one.tax)
        found.append(RateSum(one.rate_ppm, one.category, max(net, 0), max(tax, 0)))
    return found


def portion(amount: int, of: Sequence[RateSum]) -> Sequence[RateSum]:
    """`amount` split over the rates by what is there of each, and inside a rate over net and tax.

    Largest remainder twice. Taken bit by bit from `rest`, the bits sum to every rate's net and tax exactly.
    More than is there: what is over is untaxed, since no tax was billed with it.
    """
    there = [one for one in of if one.total > 0]
    within = min(amount, sum(one.total for one in there))
    found = []
    for one, part in zip(there, share(within, [one.total for one in there]) if there else [], strict=True):
        net, tax = share(part, [one.net, one.tax])
        if part:
            found.append(RateSum(one.rate_ppm, one.category, net, tax))
    if amount > within:
        found.append(RateSum(0, TaxCategory.ZERO, amount - within, 0))
    return by_rate(found)


def likeliest_rate(net: int, tax: int, lines: Sequence[PaperLine | RateSum]) -> tuple[int, TaxCategory]:
    """The rate of `lines` that gives this tax of this net most closely; none where there is no tax."""
    rates = [(line.rate_ppm, line.category) for line in lines if line.rate_ppm]
    if not tax or not rates:
        return 0, TaxCategory.ZERO
    return min(rates, key=lambda rate: abs(rated(net, rate[0]) - tax))
