"""What the engine cannot do, said when it answers and whenever rules come into force, by rule.

No rule is refused for it: what it asks for stays unknown. What the words are is the core's business.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from reactor.core.capabilities import Capabilities, Elsewhere, Harm, harms
from reactor.core.decisions import Outcome
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.core.state import Step
from reactor.kernel.memory import why_not_ours

log = logging.getLogger("reactor.app")


class Shortcomings:
    """Knows what is missing, and says it once for each set of rules. It is an observer of the monitor's."""

    def __init__(self, rules: Callable[[], RuleSet], beside: Callable[[EngineInfo], Elsewhere]) -> None:
        self._rules = rules
        self._beside = beside
        self._info: EngineInfo | None = None
        self._said: tuple[RuleSet, Capabilities] | None = None
        self._harms: tuple[Harm, ...] = ()

    @property
    def can(self) -> Capabilities | None:
        """What the engine can do; None before it answered."""
        return self._info.can if self._info is not None else None

    @property
    def harms(self) -> tuple[Harm, ...]:
        """What the rules in force lose."""
        return self._harms

    def connected(self, info: EngineInfo) -> None:
        """Take in who answers: an engine may come back as another one."""
        self._info = info
        self._say()

    def step(self, _step: Step) -> None:
        """Notice that other rules are in force."""
        self._say()

    def outcome(self, outcome: Outcome) -> None:
        """No outcome changes anything here."""

    def _say(self) -> None:
        rules = self._rules()
        if self._info is None or (self._said is not None and self._said[0] is rules and self._is_said()):
            return
        self._said = (rules, self._info.can)
        self._harms = harms(rules.rules, self._info.can, self._beside(self._info))
        for harm in self._harms:
            _tell(harm)

    def _is_said(self) -> bool:
        return self._said is not None and self._info is not None and self._said[1] == self._info.can


def _tell(harm: Harm) -> None:
    level = logging.INFO if harm.covered else logging.WARNING
    said = "the engine cannot do what a rule needs"
    if harm.covered:
        said = f"{said}, and something else can"
    fields = {"rule": harm.rule, "place": harm.place, "missing": harm.capability, "means": harm.meaning}
    log.log(level, said, extra=fields)


def elsewhere(info: EngineInfo, proc: Path, *, ooms: bool, readings: bool) -> Elsewhere:
    """What this kernel tells beside the engine; nothing, for an engine that is on another one."""
    here = not why_not_ours(info, proc)
    return Elsewhere(ooms=here and ooms, readings=here and readings)
