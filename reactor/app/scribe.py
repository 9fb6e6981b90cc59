"""What goes into the journal: adoptions and ends, as the core notes them.

One observer among several. Intents and outcomes are written by those who act.
"""

from reactor.core.notes import Adopted, Ended
from reactor.core.state import Step
from reactor.journal.journal import Journal


class Scribe:
    """Writes the notes of steps into the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def step(self, step: Step) -> None:
        """Write what one step noted."""
        for note in step.notes:
            match note:
                case Adopted():
                    self._journal.adopt(note.container, note.standing, note.mains, note.task)
                case Ended():
                    self._journal.ended(note.run, note.exit_code, note.cause, note.oom, note.finished_at)
                case _:
                    pass
