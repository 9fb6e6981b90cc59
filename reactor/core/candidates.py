"""What comes of judging a run, and who is left to be decided about with all others in view.

Records only; who collects them is in ``verdicts`` and ``whole``, who decides in ``tick``.
"""

from dataclasses import dataclass

from reactor.core.container import ContainerId, Run
from reactor.core.decisions import Decision
from reactor.core.notes import Note
from reactor.core.rules import Rule
from reactor.core.state import Entry


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that a held-back rule matches at this moment.

    ``summary`` are the words of the rule's author.
    ``ready`` tells that the rule's ``for`` is over, ``only_said`` that nothing is left to be done.
    """

    run: Run
    rule: Rule
    since: float
    ready: bool
    reason: str
    only_said: bool = False
    summary: str = ""

    @property
    def id(self) -> ContainerId:
        """The container's id."""
        return self.run.id


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry after judgement, and what came of it. ``broken`` are rules that failed, and how."""

    entry: Entry
    decisions: tuple[Decision, ...] = ()
    notes: tuple[Note, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    broken: tuple[tuple[Rule, str], ...] = ()
