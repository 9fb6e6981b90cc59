"""``reactor ack`` lets through what somebody has read, and nothing else."""

import argparse
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.app import ordering
from reactor.app.complaint import FOUND, Complaint
from reactor.app.controlling import Desk
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.reloading import Reloader
from reactor.core.restraint import GateTerms
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Setup
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from reactor.web.control import Reader, Refused
from tests.app.test_supervise import running, task
from tests.core.build import pids_over

RULE = Rule("g/pids", "f", pids_over(100), digest="new")


async def test_only_what_was_read_is_let_through(autojump_clock: MockClock, tmp_path: Path) -> None:
    """Nothing without a token, not what grew after it, not what nobody wrote; then what was read."""
    world, desks = World(), list[Desk]()
    crowd = [task(world, f"c{n}", labels={"reactor.task": f"t{n}"}) for n in range(12)]
    for each in crowd[:4]:
        world.use(each, Usage(pids=150))

    async def service(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        desks.append(Desk(monitor, numbers, Reloader(lambda: RuleSet(()), monitor, frozenset), "e"))
        task_status.started()
        await trio.lowlevel.checkpoint()

    setup = Setup(RuleSet((RULE,)), gate=GateTerms())
    async with running(world, tmp_path, setup=setup, services=(service,)) as monitor:
        await trio.sleep(10)
        (desk,) = desks
        read = desk.status()["token"]
        for reader, why in (
            (Reader("ada"), "nobody says what was read"),
            (Reader("ada", "4"), "is no token"),
            (Reader("ada", "00000000-4"), "other rules are held"),
        ):
            with pytest.raises(Refused, match=why):
                desk.acknowledge(reader)
        for each in crowd[4:8]:
            world.use(each, Usage(pids=150))
        await trio.sleep(5)
        with pytest.raises(Refused, match="4 containers were read, and it is about 8 by now"):
            desk.acknowledge(Reader("ada", read))
        await trio.sleep(5)
        assert monitor.ended() == []
        for each in crowd[4:7]:
            world.use(each, None)
        await trio.sleep(5)
        assert desk.acknowledge(Reader("ada", read)) == {
            "rules": ["g/pids"],
            "containers": 5,
            "token": read,
        }
        await trio.sleep(5)
        assert sorted(monitor.ended()) == ["c0", "c1", "c2", "c3", "c7"]
        assert desk.status()["token"] == ""


HELD: Mapping[str, Any] = {
    "engine": "e",
    "rules": 1,
    "version": "v",
    "not_ready": "",
    "reload_errors": [],
    "reading": None,
    "gated": ["g/pids"],
    "held_rules": ["g/pids"],
    "held": [
        {"id": f"{n}" * 64, "name": f"c{n}", "rule": "g/pids", "reason": "pids 150 > 100"} for n in (1, 2)
    ],
    "along": 1,
    "unknown": 3,
    "token": "1234abcd-6",
}

Asked = list[tuple[str, dict[str, str]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What a monitor that holds two was asked."""
    found: Asked = []

    def ask(_: Path, method: str, path: str, **query: str) -> Mapping[str, Any]:
        found.append((f"{method} {path}", query))
        return HELD if path == "/v1/status" else {"rules": ["g/pids"]}

    monkeypatch.setattr(ordering, "ask", ask)
    return found


def _ack(token: str = "", *, yes: bool = False) -> int:
    given = argparse.Namespace(control=Path("x"), json=False, who="ada", token=token, yes=yes)
    return ordering.acknowledge(given)


def test_a_token_is_sent_as_it_is(asked: Asked) -> None:
    assert _ack("1234abcd-6") == 0
    assert asked == [("POST /v1/ack", {"who": "ada", "token": "1234abcd-6"})]


def test_yes_takes_what_is_there(asked: Asked) -> None:
    assert _ack(yes=True) == 0
    assert asked == [("POST /v1/ack", {"who": "ada", "unread": "yes"})]


def test_where_nobody_reads_nothing_is_let_through(asked: Asked) -> None:
    with pytest.raises(Complaint, match="no token says that somebody did") as complaint:
        _ack()
    assert complaint.value.code == FOUND
    assert "reactor status, then: reactor ack TOKEN" in str(complaint.value)
    assert [what for what, _ in asked] == ["GET /v1/status"]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Somebody at a terminal, who types this."""

    def types(text: str) -> None:
        keyboard = io.StringIO(text)
        monkeypatch.setattr(keyboard, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", keyboard)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    return types


def test_at_a_terminal_it_shows_whom_and_asks(
    asked: Asked, terminal: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal("y\n")
    assert _ack() == 0
    assert asked[1] == ("POST /v1/ack", {"who": "ada", "token": "1234abcd-6"})
    assert capsys.readouterr().out.splitlines() == [
        "held back: g/pids would act on 2 containers at once",
        "  1 sidecar would go along",
        "  3 more cannot be judged yet, and may match",
        "  c1 (111111111111)  g/pids: pids 150 > 100",
        "  c2 (222222222222)  g/pids: pids 150 > 100",
        "let them act? [y/N] acknowledged: g/pids may act now",
    ]


@pytest.mark.parametrize("answer", ["\n", "n\n", "yess\n", ""])
def test_whatever_is_no_yes_lets_nothing_through(
    answer: str, asked: Asked, terminal: Callable[[str], None]
) -> None:
    terminal(answer)
    with pytest.raises(Complaint, match="nothing was let through"):
        _ack()
    assert [what for what, _ in asked] == ["GET /v1/status"]


def test_the_status_prints_the_token(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert ordering.status(argparse.Namespace(control=Path("x"), json=False)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "to let them act: reactor ack 1234abcd-6; else mend the rules and reload"
    )


def test_the_status_says_that_the_rules_are_being_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ordering, "ask", lambda *_args, **_more: {**HELD, "held_rules": [], "reading": 12.34})
    assert ordering.status(argparse.Namespace(control=Path("x"), json=False)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "the rule files are being read, for 12.3 s by now"
