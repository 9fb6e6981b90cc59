"""Which decision began what: the trace that each decision belongs to, while it is under way.

The journal finds the same by following the causes that it has on record; here the latest are remembered.
"""

from collections import OrderedDict

from reactor.core.decisions import Decision
from reactor.core.grounds import trace_id

MOST = 4096
"""So many decisions are remembered: of a cascade deeper than that the causes are gone."""


class Roots:
    """Remembers from which decision the latest ones followed."""

    def __init__(self, most: int = MOST) -> None:
        self._roots: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def note(self, decision: Decision) -> str:
        """Put a decision on record; the id of the one that began it all."""
        root = self._roots.get(decision.cause, decision.cause) or decision.id
        self._roots[decision.id] = root
        if len(self._roots) > self._most:
            self._roots.popitem(last=False)
        return root

    def trace_of(self, decision: Decision) -> str:
        """The trace of a decision, as its certificate has it."""
        return trace_id(self._roots.get(decision.id) or self.note(decision))
