"""For how long Python's collector of cycles may hold the loop: for what is new, never for all that is known.

A full collection looks at everything that lives: tens of milliseconds where ten thousand containers do, in
which nothing is decided. So what such a collection has left alive is set aside, and the next one does not
look at it again. Whatever of that goes later is freed by its count like anything else; only a cycle that was
about to be dropped at that very moment stays, and these are few.
"""

import gc

import trio

from reactor.core.beats import next_beat

EVERY = 10.0
"""Seconds between two looks at whether there was a full collection."""
FULL = 2
"""The generation of the collector in which everything is."""


def set_aside_the_program() -> None:
    """What stands before anything is watched: modules, rules, settings. Takes a moment, and is done once."""
    gc.collect()
    gc.freeze()


def drop_what_is_over() -> None:
    """Free what ended in cycles, also where it had been set aside: one monitor of several, all that it knew.

    The loop stands still for a full collection of everything, so this is for what hardly ever happens.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def keep_collections_short() -> None:
    """Set aside what is known now, and after each full collection what it left; for ever."""
    seen = -1
    while True:
        full = gc.get_stats()[FULL]["collections"]
        if full != seen:
            gc.freeze()
        seen = full
        await trio.sleep_until(next_beat(trio.current_time(), EVERY))
