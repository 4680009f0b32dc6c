"""How are grams and millimeters said in ounces and inches?"""

from decimal import ROUND_CEILING, Decimal

GRAMS_PER_OUNCE = Decimal("28.349523125")
MM_PER_INCH = Decimal("25.4")


def ounces(grams: int) -> float:
    """Rounded up to a tenth: a parcel declared too light is charged again. A float for the SDK's JSON."""
    return float((grams / GRAMS_PER_OUNCE).quantize(Decimal("0.1"), ROUND_CEILING))


def inches(mm: int) -> float:
    """Rounded up to a tenth, as above."""
    return float((mm / MM_PER_INCH).quantize(Decimal("0.1"), ROUND_CEILING))
