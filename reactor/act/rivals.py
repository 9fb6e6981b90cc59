"""Two decisions about one run that are under way together: a hard level has overtaken a soft one.

Only whose doing the end was is found out here: both see it, and it is told once. That a kill may
overtake a stop at all is decided in the core.
"""

from reactor.act.case import Case, Verdict
from reactor.core.container import Run
from reactor.core.decisions import Result, Why
from reactor.core.verbs import Action

OVERTAKEN = Verdict(Result.DONE, Why.ALREADY_OVER, "ended by the other decision about this run")
"""What is told of the decision whose doing it was not."""


class Rivals:
    """The cases under way, by their runs: of each run a stop and a kill at most."""

    def __init__(self) -> None:
        self._open: dict[Run, list[Case]] = {}
        self._claimed: set[Run] = set()

    def claim(self, run: Run) -> None:
        """A kill has ended this run directly, before its case begins: a stop of it may see that first."""
        self._claimed.add(run)

    def enter(self, case: Case) -> None:
        """A case begins; it and the one that is there already know each other from now on."""
        others = self._open.setdefault(case.decision.run, [])
        for other in others:
            case.rival, other.rival = other, case
        others.append(case)

    def leave(self, case: Case, verdict: Verdict) -> Verdict:
        """A case has come to its end; returns what is to be told of it."""
        run = case.decision.run
        others = [other for other in self._open.pop(run) if other is not case]
        if others:
            self._open[run] = others
        rival = case.rival
        if case.decision.pace is Action.KILL:
            self._claimed.discard(run)
        elif run in self._claimed and verdict.result is Result.DONE:
            return OVERTAKEN
        if rival is not None and verdict.result is Result.DONE:
            verdict = _attributed(case, rival, verdict, is_open=rival in others)
        case.credited = verdict.why is Why.ENDED
        return verdict


def _attributed(case: Case, rival: Case, verdict: Verdict, *, is_open: bool) -> Verdict:
    if verdict.why is not Why.ENDED:
        return Verdict(Result.DONE, Why.ENDED, verdict.detail) if case.heir else verdict
    if rival.credited:
        return OVERTAKEN
    if is_open and rival.struck and case.decision.pace is not Action.KILL:
        # The kill has gone out. Whatever the engine answers, the end that both of us brought is its.
        rival.heir = True
        return OVERTAKEN
    return verdict
