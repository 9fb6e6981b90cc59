"""How much of a core looking may take: what is spent beyond it is waited for.

Only the account is here.
"""

MOST = 0.03
"""Seconds of processor time that can be saved up, if no more is needed: for a short burst."""


class Purse:
    """``share`` of a core is put in as time goes on."""

    def __init__(self, share: float, now: float) -> None:
        self._share = share
        self._held = MOST
        self._at = now
        self._most = MOST

    def make_room(self, seconds: float) -> None:
        """So much has to fit in."""
        self._most = max(self._most, seconds)

    def fill(self, now: float) -> None:
        """Time went on."""
        self._held = min(self._most, self._held + (now - self._at) * self._share)
        self._at = now

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing left."""
        return self._held <= 0

    def spend(self, seconds: float) -> None:
        """So much was used, also if there was less."""
        self._held -= seconds

    def period(self, cost: float, least: float) -> float:
        """How often something that costs so much may be done for ever, at most each ``least`` seconds."""
        return max(least, cost / self._share)
