"""How it stands with every sidecar: since when, how soon it was ready, and what is said of it once."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reactor.core.beside import OURS
from reactor.core.container import Run
from reactor.core.language.printing import tame
from reactor.core.provision_steps import Picture, Sidecar
from reactor.core.provisions import Phase
from reactor.observe.tally import Tally

log = logging.getLogger("reactor.sidecars")

SHOWN_WORDS, SHOWN_OF_WORD = 5, 64
"""How many words of a stranger are shown, and how much of each."""
FAILURES = "reactor_sidecar_failures_total"
READY_AFTER = "reactor_sidecar_ready_seconds"
WHYS = (
    "image", "name", "bind", "port", "start", "refused", "variable", "network", "label", "data", "ended",
    "not-ready", OURS, "engine", "defect",
)  # fmt: skip
"""Why one can fail; what is told beside these is counted as ``refused``."""


@dataclass(frozen=True, slots=True)
class Since:
    """Since when one is in a phase, in which run."""

    phase: Phase
    run: Run | None
    at: float


class Pictures:
    """The part of the book that is about what was planned last."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._pictures: dict[str, Picture] = {}
        self._since: dict[tuple[str, str], Since] = {}
        self._made_at: dict[tuple[str, str], float] = {}
        self._said: set[tuple[str, ...]] = set()
        self._counted: set[str] = set()

    def forget_pictures(self, task: str) -> None:
        """Nobody of this task is there any more."""
        self._pictures.pop(task, None)
        self._since = {key: each for key, each in self._since.items() if key[0] != task}
        self._made_at = {key: each for key, each in self._made_at.items() if key[0] != task}
        self._said = {key for key in self._said if key[0] != task}

    def _begin(self, template: str) -> None:
        """Count its failures from nothing, so that the first is an increase."""
        if template not in self._counted:
            self._counted.add(template)
            for why in WHYS:
                self._tally.count(FAILURES, 0, template=template, why=why)

    def making(self, task: str, template: str, at: float) -> None:
        """One is about to be made."""
        self._made_at[task, template] = at

    def take(self, picture: Picture, at: float) -> None:
        """How it stands with a task now."""
        self._pictures[picture.task] = picture
        if picture.trouble:
            self.say_once("a task's sidecars are left as they are, for want of certainty", picture.task, "")
        for each in picture.sidecars:
            self._take_one(picture.task, each, at)

    def _take_one(self, task: str, each: Sidecar, at: float) -> None:
        self._begin(each.template)
        key = (task, each.template)
        before = self._since.get(key)
        if before is None or (before.phase, before.run) != (each.phase, each.run):
            self._since[key] = Since(each.phase, each.run, at)
            if each.phase is Phase.READY:
                self._ready(task, each, at)
        if each.stale and each.run is not None:
            words = "a sidecar was made from an earlier text of its template, and stays as it is"
            self.say_once(words, task, each.template, each.run.id)

    def _ready(self, task: str, each: Sidecar, at: float) -> None:
        began = self._made_at.pop((task, each.template), None)
        if began is None:
            return
        self._tally.observe(READY_AFTER, at - began, template=each.template)
        fields = {"task": task, "template": each.template, "took_ms": round((at - began) * 1000)}
        log.info("a sidecar is ready", extra=fields)

    def say_once(self, words: str, task: str, template: str, about: str = "") -> None:
        """Say it, but once for each of these."""
        key = (task, words, template, about)
        if key not in self._said:
            self._said.add(key)
            log.warning(words, extra={"task": task, "template": template})

    def say_unknown(self, task: str, words: Sequence[str]) -> None:
        """Say what a main asks for and nobody offers: a stranger's words, in one line."""
        shown = ", ".join(repr(tame(each, SHOWN_OF_WORD)) for each in words[:SHOWN_WORDS])
        more = f" and {len(words) - SHOWN_WORDS} more" if len(words) > SHOWN_WORDS else ""
        self.say_once("a main asks for sidecars that no set offers", task, f"{shown}{more}")

    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many sidecars of each template are in each phase."""
        return Counter(
            (each.template, each.phase.value)
            for picture in self._pictures.values()
            for each in picture.sidecars
        )
