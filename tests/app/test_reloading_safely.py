"""Reading rules again: whatever the files do, and whatever is asked, the monitor goes on."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from math import inf
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from reactor.app.control import look_at
from reactor.app.controlling import reload_on_change
from reactor.app.monitor import Monitor
from reactor.app.reading import Reading
from reactor.app.reloading import Reloader
from reactor.core.restraint import GateTerms
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.http.server import Request
from reactor.journal.journal import Journal
from reactor.observe.tally import Tally
from reactor.ruleset import load
from reactor.ruleset.files import read_regular
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


class Mount:
    """Where the rules lie; it hangs until it is let go."""

    def __init__(self) -> None:
        self.comes_back = threading.Event()

    def load(self) -> RuleSet:
        assert self.comes_back.wait(30)
        return RuleSet((), "after")


@pytest.fixture
def mount() -> Iterator[Mount]:
    hung = Mount()
    yield hung
    hung.comes_back.set()


def _monitor(folder: Path) -> Monitor:
    setup = Setup(RuleSet((), "before"), gate=GateTerms())
    return Monitor(setup, TrioScheduler(), Journal(folder / "j.sqlite"), Tally())


async def test_a_file_system_that_hangs_does_not_hold_up_a_stop(tmp_path: Path, mount: Mount) -> None:
    """Neither the reload that is under way, nor the look at the files."""
    reloader, looking = Reloader(mount.load, _monitor(tmp_path), frozenset), Reading()
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reloader.reload)
            nursery.start_soon(reload_on_change, reloader, mount.load, 1.0, looking)
            await wait_all_tasks_blocked()
            assert None not in {reloader.busy_for, looking.busy_for}
            nursery.cancel_scope.cancel()
    assert reloader.busy_for is not None, "it hangs in its thread still"


async def test_a_reload_that_hangs_is_refused_after_a_while_and_so_are_others_until_it_comes_back(
    autojump_clock: MockClock, tmp_path: Path, mount: Mount
) -> None:
    """Nothing but the clock ends the wait for a thread that hangs, so time passes for that alone."""
    monitor = _monitor(tmp_path)
    reading = Reading(within=0.05)
    reloader = Reloader(mount.load, monitor, frozenset, reading)
    (first,) = await reloader.reload()
    assert first == (
        "the rules cannot be read: they could not be read within 0 s:"
        " does the file system that they lie on hang?"
    )
    (again,) = await reloader.reload()
    assert again.startswith("the rules cannot be read: an earlier reading of them has gone on for 0 s")
    assert (monitor.setup.rules.version, monitor.reloads.errors) == ("before", (again,))
    # From here on the thread works, and takes its time.
    autojump_clock.autojump_threshold, autojump_clock.rate = inf, 1.0
    mount.comes_back.set()
    with trio.fail_after(10):
        async with reading._limiter:
            pass
    assert reloader.busy_for is None
    assert monitor.setup.rules.version == "before", "what came too late is not put in force"


async def test_a_pipe_in_the_place_of_a_rule_file_is_refused_by_a_reload(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    with trio.fail_after(10):
        errors = await Reloader(partial(load, [tmp_path]), _monitor(tmp_path), frozenset).reload()
    assert errors == (f"{tmp_path}/a.yaml: this is neither a file nor a folder",)


def test_a_pipe_that_came_into_the_place_of_a_file_meanwhile_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text("groups: []")
    before = os.stat(tmp_path / "b.yaml")
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", lambda _path: before)
        content = read_regular(tmp_path / "a.yaml")
    assert content is None


async def test_a_question_that_fails_is_answered_and_ends_nothing() -> None:
    def fail(*_: object) -> dict[str, object]:
        raise ZeroDivisionError

    async def fail_later() -> dict[str, object]:
        await trio.lowlevel.checkpoint()
        raise ZeroDivisionError

    handle = control(Controls(fail, fail, fail_later, fail, fail))
    asked = (
        ("GET", "/v1/status"),
        ("GET", "/v1/explain"),
        ("POST", "/-/reload"),
        ("POST", "/v1/ack"),
        ("POST", "/v1/kill"),
    )
    for method, path in asked:
        answer = await handle(Request(method, path, {"container": "x"}, {}))
        assert getattr(answer, "status", None) == 500
