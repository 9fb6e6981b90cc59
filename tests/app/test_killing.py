"""``reactor kill``: whom it ends, whom it asks about first, and that nothing else slips through beside it."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.app import killing
from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.controlling import Desk
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.reloading import Reloader
from reactor.core.commanding import ALONE
from reactor.core.decisions import Decision
from reactor.core.protection import Policy
from reactor.core.rules import RuleSet
from reactor.core.verbs import Action
from reactor.testing.world import World
from reactor.web.control import Order, Refused
from tests.app.embedded import apart, monitored
from tests.app.test_supervise import SETUP, running, task


async def test_one_is_ended_and_its_neighbours_under_like_names_live(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Skipped after saying so, out of scope too; ourselves never; and the guard lets nothing else pass."""
    world, found = World(), list[tuple[Desk, Monitor]]()
    web, own = task(world, "web"), task(world, "own")
    spared = task(world, "spared", labels={"reactor.task": "t1", "reactor.skip": ""})
    world.spawn(name="outside")
    task(world, "web2")
    task(world, str(web.id)[:12])

    async def service(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        desk = Desk(monitor, numbers, Reloader(lambda: RuleSet(()), monitor, frozenset), "e")
        found.append((desk, monitor))
        task_status.started()
        await trio.lowlevel.checkpoint()

    setup = replace(SETUP, policy=Policy(own=own.id))
    async with running(world, tmp_path, setup=setup, services=(service,)) as monitor:
        await trio.sleep(5)
        ((desk, parts),) = found
        for wanted, why in (
            ("nobody", "no living container"),
            (str(web.id)[:12], "2 containers are meant"),
            ("own", "reactor's own"),
        ):
            with pytest.raises(Refused, match=why):
                desk.kill(Order(wanted, "ada", sure=True))
        with pytest.raises(Refused, match="another run"):
            desk.kill(Order("web", "ada", started_at="2020-01-01T00:00:00Z"))
        for wanted, why in (("spared", "skip label"), ("outside", "out of scope")):
            assert why in desk.kill(Order(wanted, "ada"))["asked"]
        await trio.sleep(5)
        assert monitor.ended() == []
        told = desk.kill(Order("web", "ada", "it hangs"))
        assert told["asked"] == ""
        with pytest.raises(Refused, match="being carried out already"):
            desk.kill(Order("web", "ada"))
        desk.kill(Order("spared", "ada", sure=True))
        desk.kill(Order("outside", "ada", sure=True))
        await trio.sleep(5)
        assert monitor.ended() == ["web", "spared", "outside"]
        entry = parts.state.entries.get(spared.id)
        assert entry is not None
        ordered = _decision(entry.run, ALONE)
        assert parts.allows(entry.container, ordered)
        assert not parts.allows(entry.container, replace(ordered, rule="safety/pids"))
        assert not parts.allows(entry.container, replace(ordered, cause="abc"))
        mine = parts.state.entries.get(own.id)
        assert mine is not None
        assert not parts.allows(mine.container, _decision(mine.run, ALONE))


def _decision(run: Any, rule: str) -> Any:
    return Decision("x", 0.0, run, "n", Action.KILL, rule, "r", 0.0)


def _options(**more: object) -> argparse.Namespace:
    base = {"container": "web", "who": "ada", "why": "", "cascade": False, "yes": False}
    return argparse.Namespace(**{**base, "control": Path("x"), "json": False, **more})


class Answers:
    """A monitor that asks back about whom rules would spare."""

    def __init__(self) -> None:
        self.orders: list[Mapping[str, str]] = []

    def ask(self, _control: Path, method: str, _path: str, **query: str) -> Mapping[str, Any]:
        if method == "GET":
            return {"result": "done", "why": "ended"}
        self.orders.append(query)
        asked = "" if query["sure"] else "it carries the skip label"
        return {"id": "ab" * 32, "started_at": "s", "name": "w\x1b[31m", "asked": asked, "decision": "cd"}


def test_whoever_is_spared_is_ended_only_when_somebody_was_there_to_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Answers()
    monkeypatch.setattr(killing, "ask", answers.ask)
    with pytest.raises(Complaint, match="it carries the skip label") as refused:
        killing.kill(_options())
    assert refused.value.code == FOUND
    assert len(answers.orders) == 1
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "")
    with pytest.raises(Complaint, match="nothing was ended"):
        killing.kill(_options())
    assert [each["sure"] for each in answers.orders] == ["", ""]
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert killing.kill(_options()) == OK
    assert answers.orders[-1]["container"] == "ab" * 32
    assert (answers.orders[-1]["started_at"], answers.orders[-1]["sure"]) == ("s", "yes")
    said = capsys.readouterr().out
    assert "done, ended; see reactor show cd" in said
    assert "\x1b" not in said


async def test_the_program_ends_one_and_says_what_came_of_it(tmp_path: Path) -> None:
    """A skipped one only with --yes; its certificate says who; without a monitor there is a sentence."""
    async with monitored(tmp_path) as (world, monitor):
        labels = {"reactor.task": "t", "reactor.skip": ""}
        web = world.spawn(name="web", labels=labels)
        near = world.spawn(name="web-2", labels=labels)
        await apart(partial(_until_known, monitor))
        refused = await apart(partial(monitor.order, "kill", "web", "--why", "it hangs", "--who", "ada"))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "it carries the skip label" in refused.stderr
        assert [box.alive for box in (web, near)] == [True, True]
        done = await apart(
            partial(monitor.order, "kill", "web", "--yes", "--why", "it hangs", "--who", "ada")
        )
        assert done.returncode == 0, done.stderr
        assert f"web ({str(web.id)[:12]}): done, ended; see reactor show " in done.stdout
        assert [box.alive for box in (web, near)] == [False, True]
        rows = monitor.rows("SELECT rule, reason, why FROM intents")
        assert [dict(row) for row in rows] == [
            {"rule": "operator", "reason": "ordered by ada: it hangs", "why": "ended"}
        ]
        await apart(partial(monitor.stop))
        nobody = await apart(partial(monitor.order, "kill", "web"))
        assert nobody.returncode == 2
        assert "is it running?" in nobody.stderr
        monitor.start()
        await apart(partial(monitor.wait_ready))


def _until_known(monitor: Any) -> None:
    while monitor.order("explain", "web-2").returncode:
        pass
