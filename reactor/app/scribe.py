"""What goes into the journal: adoptions and ends, as the core notes them, and what decisions rest on.

One observer among several. Intents and outcomes are written by those who act.
"""

from reactor.core.cautions import BreakerClosed, GateOpened, HoldBegan, HoldOver, SilenceBegan, SilenceOver
from reactor.core.grounds import grounds
from reactor.core.notes import Adopted, Ended, Note
from reactor.core.state import Setup, Step
from reactor.journal.journal import Journal
from reactor.journal.ordered import ACKNOWLEDGEMENT, RELEASE, Deed


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
                case _:
                    self._order(note)

    def _order(self, note: Note) -> None:
        """What operators ordered, and its end."""
        match note:
            case HoldBegan():
                self._journal.order(note.hold)
            case SilenceBegan():
                self._journal.order(note.silence)
            case HoldOver():
                self._journal.lift(note.hold.id, note.by)
            case SilenceOver():
                self._journal.lift(note.silence.id, note.by)
            case GateOpened() if note.by:
                why = "whatever was held, unread" if note.unread else ""
                self._journal.did(Deed(ACKNOWLEDGEMENT, note.at, note.by, why, rule=", ".join(note.rules)))
            case BreakerClosed() if note.by:
                why = f"owner {note.owner}" if note.owner else ""
                self._journal.did(Deed(RELEASE, note.at, note.by, why))
            case _:
                pass
