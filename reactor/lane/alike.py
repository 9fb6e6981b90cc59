"""One record in the place of many that are equal.

Nearly all runs have the same rules and many the same limits, and so the same numbers: kept for each of ten
thousand, these are a fifth of what the lane holds. Only records that never change may be shared.
"""

from collections.abc import Hashable
from typing import Any, TypeVar

MOST = 4096
"""Different ones that are known; of more, those that came before are not shared any longer."""
T = TypeVar("T", bound=Hashable)


class Alike:
    """Those that were seen, of one type or of types that are never equal to each other."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def one(self, record: T) -> T:
        """The one that is equal to this, and was here first."""
        if len(self._known) >= MOST:
            self._known.clear()
        found: T = self._known.setdefault(record, record)
        return found
