"""What one look at one owner found: there, gone for a proven reason, or unknown for one."""

from dataclasses import dataclass

from reactor.core.owners import Presence


@dataclass(frozen=True, slots=True)
class Found:
    """``why`` is what proves that it is gone, or what keeps us from knowing."""

    presence: Presence
    why: str = ""


ALIVE = Found(Presence.ALIVE)


def unknown(why: str) -> Found:
    """Nothing is known."""
    return Found(Presence.UNKNOWN, why)


def gone(why: str) -> Found:
    """It is gone, and this proves it."""
    return Found(Presence.GONE, why)
