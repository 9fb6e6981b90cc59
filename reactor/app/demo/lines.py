"""The demo's live output: one line for each thing that happens on the engine or in the monitor.

Two sources tell: the play, what is true on the engine; the monitor, by its records, what it
saw, decided and did. Nothing is read from logs. Moments are counted from the play's beginning.
"""

from collections.abc import Mapping

from reactor.app.demo.cast import Breach, Role
from reactor.app.demo.page import Page, Style
from reactor.app.demo.play import Play
from reactor.core.container import ContainerId
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.language.units import say_number
from reactor.core.notes import CannotTell, MainTold, Note, Reconciled
from reactor.core.state import Step


class Lines:
    """Writes what happens. It is the audience of the play and an observer of the monitor."""

    def __init__(self, page: Page, play: Play) -> None:
        self._page = page
        self._play = play
        self.decisions: dict[ContainerId, Decision] = {}

    @property
    def left(self) -> bool:
        """Whether nobody reads any more."""
        return self._page.left

    # What happens on the engine

    def started(self, role: Role, at: float) -> None:
        """A container was started."""
        self._row(at, "·", "start", role.part.name, role.part.does, Style.QUIET)

    def breached(self, role: Role, breach: Breach) -> None:
        """It broke a limit for the first time."""
        if role.part.ignored:
            text = f"{breach.what}, but {role.part.ignored}"
            self._row(breach.at, "·", "ignored", role.part.name, text, Style.QUIET)
        else:
            text = f"{breach.what}, more than {breach.most}" if breach.most else breach.what
            self._row(breach.at, "▲", "breach", role.part.name, text, Style.ALARM)

    def oomed(self, role: Role, at: float) -> None:
        """The kernel ended a process of it."""
        self._row(at, "▲", "oom", role.part.name, "the kernel killed a process: out of memory", Style.ALARM)

    def exited(self, role: Role, at: float, code: int | None) -> None:
        """It ended by itself."""
        self._row(at, "○", "exit", role.part.name, f"ended by itself, exit code {code}", Style.NOTE)

    # What the monitor saw, decided and did

    def step(self, step: Step) -> None:
        """Tell of what one step led to."""
        if step.notes or step.decisions:
            # What it follows from has happened before it, and is told before it.
            self._play.catch_up(self)
        for note in step.notes:
            self._note(note)
        for decision in step.decisions:
            self.decisions.setdefault(decision.run.id, decision)
            if not decision.cause:
                word = "dry run" if decision.dry_run else "verdict"
                text = f"{decision.rule}: {decision.reason}"
                self._row(decision.at, "→", word, decision.name, text, Style.STRONG)

    def outcome(self, outcome: Outcome) -> None:
        """Tell of what came of a decision."""
        decision, name = outcome.decision, outcome.decision.name
        self._play.catch_up(self)
        if outcome.why is Why.DRY_RUN:
            return
        if outcome.result is not Result.DONE:
            text = f"{outcome.result}: {outcome.why}"
            self._row(outcome.at, "▲", "not yet", name, text, Style.BAD)
        elif outcome.why is Why.ENDED:
            at = self._play.world.history.died_at(decision.run.id) or outcome.at
            self._row(at, "✗", "ended", name, self._how_fast(decision, at), Style.ENDED)
        else:
            self._row(outcome.at, "○", "over", name, "was over already; its sidecars follow", Style.NOTE)

    def _note(self, note: Note) -> None:
        match note:
            case Reconciled(number=1):
                self._row(note.at, "●", "watches", "monitor", _first_list(note.left), Style.NOTE)
            case CannotTell():
                self._row(note.at, "·", "unknown", note.name, f"{note.rule}: {note.why}", Style.QUIET)
            case MainTold():
                sidecar = self._play.roles[note.sidecar.id].part.name
                main = self._play.roles[note.main.id].part.name
                self._row(note.at, "·", "stays", main, f"goes on without its sidecar {sidecar}", Style.QUIET)
            case _:
                pass

    def _how_fast(self, decision: Decision, at: float) -> str:
        role = self._play.roles[decision.run.id]
        follows = role.part.follows
        main_ended = self._play.ended_at(follows) if follows else None
        if main_ended is not None and decision.cause:
            return f"with its main {follows}, {seconds(at - main_ended)} after it"
        if main_ended is not None:
            return f"{seconds(at - main_ended)} after the end of its main"
        if role.breach is None:
            return f"verdict to end {seconds(at - decision.at)}"
        return f"breach to end {seconds(at - role.breach.at)}, verdict to end {seconds(at - decision.at)}"

    def _row(self, at: float, sign: str, word: str, name: str, text: str, style: Style) -> None:
        self._page.row(at - self._play.began, sign, word, name, text, style)


def seconds(duration: float) -> str:
    """A duration for people: ``0.98 s``, ``34 ms``."""
    if duration < 0.1:
        return f"{say_number(round(duration * 1000))} ms"
    return f"{duration:.2f} s"


def _first_list(left: Mapping[str, int]) -> str:
    """What the first list held."""
    most_first = sorted(left.items(), key=lambda item: -item[1])
    parts = (f"{count} {'in scope' if why == 'within-rules' else why}" for why, count in most_first)
    return f"{sum(left.values())} listed: {', '.join(parts)}"
