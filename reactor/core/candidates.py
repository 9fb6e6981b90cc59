"""A run that a held-back rule matches at this moment, between its judgement and the verdict on all.

Records only; who collects them is in ``verdicts`` and ``whole``, who decides in ``tick``.
"""

from dataclasses import dataclass

from reactor.core.container import ContainerId, Run
from reactor.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Candidate:
    """``ready`` tells that the rule's ``for`` is over, ``only_said`` that nothing is left to be done."""

    run: Run
    rule: Rule
    since: float
    ready: bool
    reason: str
    only_said: bool = False

    @property
    def id(self) -> ContainerId:
        """The container's id."""
        return self.run.id
