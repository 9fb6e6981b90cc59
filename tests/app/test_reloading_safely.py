"""Reading rules again: whatever the files do, and whatever is asked, the monitor goes on."""

import os
from pathlib import Path

import pytest
import trio

from reactor.app.control import look_at
from reactor.app.monitor import Monitor
from reactor.app.reloading import Reloader
from reactor.core.restraint import GateTerms
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.http.server import Request
from reactor.journal.journal import Journal
from reactor.observe.tally import Tally
from reactor.streams.scheduler import TrioScheduler
from reactor.web.control import Controls, control


def test_a_look_survives_a_folder_that_vanishes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yaml").write_text("")
    (tmp_path / "b.yaml").write_text("")
    real = os.scandir

    def vanishing(path: object = ".") -> object:
        if str(path).endswith("/a"):
            raise FileNotFoundError(2, "gone", str(path))
        return real(str(path))

    monkeypatch.setattr(os, "scandir", vanishing)
    assert [seen[0] for seen in look_at([tmp_path])] == [str(tmp_path / "b.yaml")]


def test_a_look_sees_changes_and_what_is_not_there(tmp_path: Path) -> None:
    named = [tmp_path, tmp_path / "none.yaml"]
    before = look_at(named)
    (tmp_path / "b.yml").write_text("groups: []")
    after = look_at(named)
    assert before < after
    assert {seen[0] for seen in after} == {str(tmp_path / "b.yml"), str(tmp_path / "none.yaml")}


async def test_a_reader_that_fails_leaves_the_rules_in_force(tmp_path: Path) -> None:
    def fail() -> RuleSet:
        raise RecursionError("too deep")

    setup = Setup(RuleSet((), "before"), gate=GateTerms())
    monitor = Monitor(setup, TrioScheduler(), Journal(tmp_path / "j.sqlite"), Tally())
    errors = await Reloader(fail, monitor, frozenset).reload()
    assert errors == ("the rules cannot be read: RecursionError: too deep",)
    assert (monitor.setup.rules.version, monitor.reloads.errors) == ("before", errors)


async def test_a_question_that_fails_is_answered_and_ends_nothing() -> None:
    def fail(*_: object) -> dict[str, object]:
        raise ZeroDivisionError

    async def fail_later() -> dict[str, object]:
        await trio.lowlevel.checkpoint()
        raise ZeroDivisionError

    handle = control(Controls(fail, fail, fail_later, fail))
    asked = (("GET", "/v1/status"), ("GET", "/v1/explain"), ("POST", "/-/reload"), ("POST", "/v1/ack"))
    for method, path in asked:
        answer = await handle(Request(method, path, {"container": "x"}, {}))
        assert getattr(answer, "status", None) == 500
