"""What goes into the journal: adoptions and ends, as the core notes them, and what decisions rest on.

One observer among several. Intents and outcomes are written by those who act.
"""

from reactor.core.cautions import HoldBegan, HoldOver, SilenceBegan, SilenceOver
from reactor.core.grounds import grounds
from reactor.core.notes import Adopted, Ended
from reactor.core.state import Setup, Step
from reactor.journal.journal import Journal


class Scribe:
    """Writes the notes of steps into the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def step(self, step: Step, setup: Setup) -> None:
        """Write what one step noted, and what its decisions rest on."""
        for decision in step.decisions:
            self._journal.certify(grounds(setup, step.state, decision))
        for note in step.notes:
            match note:
                case Adopted():
                    self._journal.adopt(note.container, note.standing, note.mains, note.task)
                case Ended():
                    self._journal.ended(note)
                case HoldBegan():
                    self._journal.order(note.hold)
                case SilenceBegan():
                    self._journal.order(note.silence)
                case HoldOver():
                    self._journal.lift(note.hold.id, note.by)
                case SilenceOver():
                    self._journal.lift(note.silence.id, note.by)
                case _:
                    pass
