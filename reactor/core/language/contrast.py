"""Two numbers side by side: in so many digits that different ones look different.

``80.0% > 80%`` reads like a mistake. Where three decimals do not tell them apart, words do. What a
number's digits are is in ``units``.
"""

from collections.abc import Callable

Digits = Callable[[int], str]
"""A number as it is said with so many digits more than usual."""
FINEST = 3
"""How many digits are added at most."""


def beside(value: Digits, bound: Digits, order: int, name: str = "") -> str:
    """A value beside what it is compared with; ``order`` is as ``order_of`` has it.

    ``name`` is what the bound is called where only words are left.
    """
    if not order:
        return value(0)
    for finer in range(FINEST + 1):
        said = value(finer)
        if said != bound(finer):
            return said
    return barely(name or bound(0), order)


def barely(bound: str, order: int) -> str:
    """That a value is so near that no sensible number tells it apart."""
    return f"just {'over' if order > 0 else 'under'} {bound}"


def order_of(value: float, bound: float) -> int:
    """1 if the value is more, -1 if it is less, 0 if neither."""
    return (value > bound) - (value < bound)
