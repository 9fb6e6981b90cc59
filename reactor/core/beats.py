"""Beats: moments that all have in common who do something again and again.

To be woken costs more than most of what is done then, so it is done together. Only arithmetic is here.
"""


def next_beat(at: float, every: float = 1.0) -> float:
    """The first multiple of so many seconds later than this; one that is all but there does not count."""
    return ((at + every / 20) // every + 1) * every
