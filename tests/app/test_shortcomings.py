"""What the engine cannot do is said once for each set of rules, at the connection and after a reload."""

from dataclasses import replace
from pathlib import Path

import pytest

from reactor.app.shortcomings import Shortcomings, elsewhere
from reactor.core.capabilities import CAN_ALL, Capabilities, Elsewhere
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.core.state import State, Step
from reactor.ruleset import parse

PODMAN = Capabilities(oom_events=False, memory_in_use=False)
INFO = EngineInfo("podman-1", "host", "4.3.1", "1.41", 0.0, 0, can=PODMAN)
OOM = parse("groups: [{name: g, rules: [{name: oom, on: oom}]}]")
MEMORY = parse("groups: [{name: g, rules: [{name: memory, when: memory > 80%}]}]")
STEP = Step(State())


class Scene:
    """Rules that can be changed, and what was said."""

    def __init__(self, log: pytest.LogCaptureFixture, rules: RuleSet, beside: Elsewhere) -> None:
        log.set_level("INFO")
        self.rules = rules
        self.said = log.records
        self.shortcomings = Shortcomings(lambda: self.rules, lambda _: beside)

    def lines(self) -> list[tuple[str, str, str]]:
        """What was said since the last time."""
        found = [
            (each.levelname, getattr(each, "rule", ""), getattr(each, "place", "")) for each in self.said
        ]
        self.said.clear()
        return found


def test_it_is_said_at_the_connection_and_after_a_reload_and_not_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene(caplog, OOM, Elsewhere())
    scene.shortcomings.step(STEP)
    assert scene.lines() == []
    for _ in range(2):
        scene.shortcomings.connected(INFO)
        scene.shortcomings.step(STEP)
    assert scene.lines() == [("WARNING", "g/oom", "rules.yaml:1")]
    scene.rules = MEMORY
    for _ in range(2):
        scene.shortcomings.step(STEP)
    assert scene.lines() == [("WARNING", "g/memory", "rules.yaml:1")]
    assert [harm.rule for harm in scene.shortcomings.harms] == ["g/memory"]


def test_what_something_else_can_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(caplog, OOM, Elsewhere(ooms=True))
    scene.shortcomings.connected(INFO)
    assert scene.lines() == [("INFO", "g/oom", "rules.yaml:1")]


def test_an_engine_that_is_another_one_now_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(caplog, OOM, Elsewhere())
    scene.shortcomings.connected(replace(INFO, can=CAN_ALL))
    assert (scene.lines(), scene.shortcomings.can) == ([], CAN_ALL)
    scene.shortcomings.connected(INFO)
    assert len(scene.lines()) == 1


def test_this_kernel_says_nothing_of_an_engine_elsewhere(tmp_path: Path) -> None:
    assert elsewhere(INFO, tmp_path, ooms=True, readings=True) == Elsewhere()
