"""A scene: containers that misbehave and innocent ones beside them, under labels that are the scene's own.

The engine may be somebody's: other tests', other people's. So on an engine that is shared the monitor is
given label names that nobody else uses (as an existing runner's own labels are mapped), and governs only
what belongs to the scene. Which containers a test needs is its own part; what each should come to is
written down here, and judged in ``verdict``.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real import deeds
from tests.real.monitor import SHIPPED_RULES, Monitor
from tests.real.truth import Truth
from tests.real.verdict import Charges, Guilt, Innocence, Score, judge, pending, spans
from tests.real.waiting import InVain, until
from tests.tooling.containers import Containers, unique_name
from tests.tooling.patience import patient

PROMISE = 10.0
"""Seconds from breach to death that a loaded machine may need; usual are tenths of one."""
LONGEST_WAIT = 30.0
QUIET = 0.3
"""Seconds after the last death in which a wrong or a second action would still be seen."""

ONLY_OOM = "groups: [{name: safety, rules: [{name: oom, on: oom}]}]"
"""Rules without the one for memory, which is sooner than the kernel's own end."""
SHORT = "short"
"""The label that the lifetime rules of single tests select."""

Command = str | Sequence[str]


def lifetime(seconds: float) -> str:
    """A rule file with a lifetime for those who ask for it by their label."""
    select, rule = f"select: [{{label: {SHORT}}}]", f"rules: [{{name: lifetime, when: age > {seconds:g}s}}]"
    return f"groups:\n  - name: test\n    {select}\n    {rule}\n"


@dataclass(frozen=True, slots=True)
class Names:
    """The labels that the monitor reads here."""

    task: str = "reactor.task"
    sidecar_of: str = "reactor.sidecar-of"
    skip: str = "reactor.skip"

    @classmethod
    def of(cls, prefix: str) -> "Names":
        """Labels that nobody else uses."""
        return cls(f"{prefix}.task", f"{prefix}.sidecar-of", f"{prefix}.skip")

    def configured(self) -> str:
        """The configuration that maps them."""
        return f"labels: {{task: {self.task}, sidecar_of: {self.sidecar_of}, skip: {self.skip}}}\n"


class Scene:
    """Makes containers and keeps the charges. ``report`` is told what was measured."""

    def __init__(
        self,
        containers: Containers,
        truth: Truth,
        names: Names,
        folder: Path,
        report: Callable[[str], None] = lambda _: None,
        crowd: "Scene | None" = None,
    ) -> None:
        self.containers = containers
        self.truth = truth
        self.names = names
        self.folder = folder
        self.charges = Charges()
        self._report = report
        self.crowd = crowd

    # Containers

    def run(
        self,
        command: Command = ("sleep", "100000"),
        *,
        task: str | None = None,
        serves: str | None = None,
        skip: str | None = None,
        labels: Mapping[str, str] | None = None,
        name: str = "",
        **options: Any,
    ) -> str:
        """Run a container; ``task``, ``serves`` and ``skip`` are the values of its labels."""
        container = self.create(
            command, task=task, serves=serves, skip=skip, labels=labels, name=name, **options
        )
        self.containers.client.api.start(container)
        return container

    def create(
        self,
        command: Command = ("sleep", "100000"),
        *,
        task: str | None = None,
        serves: str | None = None,
        skip: str | None = None,
        labels: Mapping[str, str] | None = None,
        name: str = "",
        **options: Any,
    ) -> str:
        """Create a container as ``run`` does, and do not start it."""
        given = {self.names.task: task, self.names.sidecar_of: serves, self.names.skip: skip}
        own = {key: value for key, value in given.items() if value is not None}
        name = name or unique_name()
        container = self.containers.create(command, name=name, labels={**own, **(labels or {})}, **options)
        self.charges.names[container] = name
        return container

    def bystanders(self) -> None:
        """A small crowd: at the limit, out of scope under nearly the right label, and skipped."""
        for name, container in {
            "at-the-limit": self.run(deeds.AT_THE_LIMIT, task="at-the-limit", pids=deeds.PIDS),
            "out-of-scope": self.run(
                deeds.STORM, labels={f"{self.names.task}x": "", SHORT: ""}, pids=deeds.PIDS
            ),
            "skipped": self.run(deeds.STORM, task="s", skip="", labels={SHORT: ""}, pids=deeds.PIDS),
        }.items():
            self.charges.names[container] = name
            self.innocent(container)

    def remove(self, container: str) -> None:
        """Remove it by force, as somebody else may."""
        self.containers.client.api.remove_container(container, force=True)

    # Charges

    def guilty(self, container: str, promise: float = PROMISE, **more: Any) -> str:
        """This run has to be ended; see ``Guilt``."""
        self.charges.guilty.setdefault(container, []).append(Guilt(patient(promise), **more))
        return container

    def innocent(self, *containers: str) -> None:
        """These runs must go on as they are now."""
        for container in containers:
            started_at = self.truth.state(container)["StartedAt"]
            self.charges.innocent[container] = Innocence(started_at)

    def untouched(self, *containers: str) -> None:
        """These may end by themselves, and nobody may touch them."""
        self.charges.untouched.update(containers)

    # The end

    def verdict(self, within: float = LONGEST_WAIT) -> None:
        """Wait until the guilty are ended, and a little longer; the four counters must be zero."""
        with suppress(InVain):  # They are counted as missed.
            until(lambda: not pending(self.truth, self.charges), within)
        time.sleep(QUIET)
        for scene in (self, self.crowd):
            score = judge(self.truth, scene.charges) if scene is not None else Score()
            assert score == Score(), f"{score}\n{self._told(score)}"

    def _told(self, score: Score) -> str:
        """What our monitors wrote of those that are in this score: a rare failure has to explain itself."""
        offences = "\n".join((*score.missed, *score.doubled, *score.wrong, *score.late))
        looked = [each for each, name in self.charges.names.items() if name in offences]
        lines = [
            line for log in sorted(self.folder.glob("log-*.txt")) for line in log.read_text().splitlines()
        ]
        return "\n".join(line for line in lines if any(each[:12] in line for each in looked))

    def named(self, name: str) -> str:
        """The container with this name among the charges."""
        return next(container for container, other in self.charges.names.items() if other == name)

    def report(self, what: str) -> None:
        """Tell what was measured."""
        told = ", ".join(f"{lasted:.2f} s" for lasted in spans(self.truth, self.charges))
        self._report(f"{what}: {told}")

    # Monitors

    def config(self, text: str = "") -> str:
        """The configuration for a monitor of this scene: quick times, our labels, and this text."""
        times = (
            "times: {orphan_after: 1s, creation_grace: 5s, sidecar_grace: 1s, reconcile_every: 2s}\n"
            if "times:" not in text
            else ""
        )
        # Here many break the rules on purpose, and at once; the gate and the breaker have tests of their own.
        brakes = "".join(f"{each}: {{off: true}}\n" for each in ("gate", "breaker") if f"{each}:" not in text)
        return times + brakes + ("" if self.names == Names() else self.names.configured()) + text

    def monitor(self, *, rules: str | Path = SHIPPED_RULES, config: str = "", **more: Any) -> Monitor:
        """A monitor of this engine. ``rules`` may be the text of a rule file."""
        if isinstance(rules, str):
            file = self.folder / "rules.yaml"
            file.write_text(rules)
            rules = file
        host = self.containers.docker_host
        return Monitor(self.folder, host, rules=rules, config=self.config(config), **more)
