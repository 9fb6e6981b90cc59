"""The demo: it shows what happened, it can fail, and it leaves nothing behind however it ends."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.cli import main
from reactor.app.demo.cast import Breach, Fate, Part, Role, cast
from reactor.app.demo.lines import Lines
from reactor.app.demo.page import Page, Style
from reactor.app.demo.play import Play
from reactor.app.demo.stage import perform, rule_files
from reactor.app.demo.summary import write_summary
from reactor.app.demo.verdict import Summary, judge
from reactor.app.places import shipped_rules
from reactor.core.decisions import Decision
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import State, Step
from reactor.core.verbs import Action
from reactor.journal.journal import Journal
from reactor.ruleset import load, parse
from reactor.testing.direct import DirectEngine
from reactor.testing.tasks import Sleeps
from reactor.testing.world import World


async def perform_all(folder: Path, rules: RuleSet, page: Page, *, pace: float = 1.0) -> Summary:
    """The whole demo in virtual time, without a socket."""
    world = World()
    journal = Journal(folder / "journal.db", boot_id="b", boot=trio.current_time, inline=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        summary = await perform(cast(pace), world, DirectEngine(world), journal, rules, page)
        nursery.cancel_scope.cancel()
    return summary


async def test_everybody_gets_what_the_script_says(autojump_clock: MockClock, tmp_path: Path) -> None:
    stream = io.StringIO()
    page = Page(stream, {})
    summary = await perform_all(tmp_path, load([shipped_rules() / "safety.yaml"]), page)
    assert [verdict.name for verdict in summary.verdicts if not verdict.ok] == []
    assert (summary.missed, summary.doubled, summary.wrong, summary.late) == ((), (), (), ())
    assert summary.ok
    rules = {verdict.name: verdict.rule for verdict in summary.verdicts if verdict.rule}
    assert rules == {
        "overstayer": "safety/lifetime",
        "fork-bomb": "safety/pids",
        "memory-hog": "safety/memory",
        "phoenix": "safety/pids",
        "sneaky": "safety/pids",
        "job-cache": "orphan",
        "crawler": "safety/pids",
        "crawler-db": "safety/pids",
        "crawler-proxy": "safety/pids",
        "api-logger": "safety/pids",
        "oom-child": "safety/oom",
        "oom-main-db": "safety/oom",
    }
    assert summary.seconds <= 30


async def test_each_thing_that_happens_has_its_line(autojump_clock: MockClock, tmp_path: Path) -> None:
    stream = io.StringIO()
    page = Page(stream, {})
    page.width = 120
    summary = await perform_all(tmp_path, load([shipped_rules() / "safety.yaml"]), page)
    write_summary(page, summary, [("README.md", "more")])
    lines = stream.getvalue().splitlines()
    told = [line[7:].split(maxsplit=3) for line in lines if line[:6].strip().replace(".", "").isdigit()]
    ended = {verdict.name for verdict in summary.verdicts if verdict.expected is Fate.ENDED}
    assert {name for _, word, name, *_ in told if word == "ended"} == ended
    assert {name for _, word, name, *_ in told if word == "start"} == {v.name for v in summary.verdicts}
    assert {name for _, word, name, *_ in told if word == "ignored"} == {"postgres", "backup", "skipped"}
    assert [text for _, word, name, text in told if (word, name) == ("breach", "overstayer")] == [
        "older than 12 hours"
    ]
    assert "missed 0 · doubled 0 · wrong 0 · late 0 → OK" in lines
    assert "\x1b" not in stream.getvalue()
    moments = [float(line[:6]) for line in lines if line[:6].strip().replace(".", "").isdigit()]
    assert moments == sorted(moments), "what follows is told after what it follows from"


async def test_it_fails_when_a_rule_is_missing_and_another_is_too_strict(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    text = "groups: [{name: mine, rules: [{name: pids, when: pids >= 200}]}]"
    summary = await perform_all(tmp_path, parse(text), Page(None), pace=0.3)
    assert not summary.ok
    assert set(summary.missed) == {"overstayer", "memory-hog", "oom-child", "oom-main-db"}
    assert summary.wrong == ("two-hundred",)
    bad = {verdict.name: verdict.became for verdict in summary.verdicts if not verdict.ok}
    assert bad == {**dict.fromkeys(summary.missed, "alive"), "two-hundred": "ended"}
    stream = io.StringIO()
    write_summary(Page(stream, {}), summary, [("README.md", "more")])
    assert "missed: overstayer, memory-hog, oom-child, oom-main-db\n" in stream.getvalue()
    assert "→ NOT OK" in stream.getvalue()


def cast_on(world: World, *parts: Part) -> dict[str, Role]:
    """Containers that play these parts, by name."""
    return {part.name: Role(part, world.spawn(part.task, name=part.name)) for part in parts}


def judged(world: World, roles: dict[str, Role], now: float = 100.0) -> Summary:
    parts = [role.part for role in roles.values()]
    by_id = {role.box.id: role for role in roles.values()}
    return judge(parts, by_id, world.history, {}, began=0.0, now=now)


BAD, GOOD = Part("bad", "misbehaves", Sleeps(), Fate.ENDED), Part("good", "behaves", Sleeps())


async def test_the_truth_about_a_survivor_is_not_ok(autojump_clock: MockClock) -> None:
    world = World()
    roles = cast_on(world, BAD, GOOD)
    summary = judged(world, roles)
    assert (summary.ok, summary.missed, summary.wrong) == (False, ("bad",), ())
    world.kill(roles["bad"].box, "api")
    summary = judged(world, roles)
    assert (summary.ok, summary.missed, summary.wrong) == (True, (), ())


async def test_one_who_ended_by_itself_was_not_ended(autojump_clock: MockClock) -> None:
    world = World()
    roles = cast_on(world, BAD)
    world.exit(roles["bad"].box, 3)
    summary = judged(world, roles)
    assert (summary.ok, summary.missed) == (False, ("bad",))
    assert summary.verdicts[0].became == "exit code 3"


async def test_a_second_end_and_a_wrong_one_are_not_ok(autojump_clock: MockClock) -> None:
    world = World()
    roles = cast_on(world, BAD, GOOD)
    world.kill(roles["bad"].box, "api")
    world.start(roles["bad"].box)
    assert judged(world, roles).verdicts[0].became == "back again"
    world.kill(roles["bad"].box, "api")
    summary = judged(world, roles)
    assert (summary.ok, summary.doubled, summary.wrong) == (False, ("bad",), ())
    assert summary.verdicts[0].became == "ended 2 times"
    world.kill(roles["good"].box, "api")
    assert judged(world, roles).wrong == ("good",)


async def test_a_late_end_is_told_and_is_no_failure(autojump_clock: MockClock) -> None:
    world = World()
    roles = cast_on(world, BAD)
    roles["bad"].breach = Breach(trio.current_time(), "older than 12 hours")
    await trio.sleep(BAD.within + 0.1)
    world.kill(roles["bad"].box, "api")
    summary = judged(world, roles)
    assert (summary.ok, summary.late, summary.verdicts[0].took) == (True, ("bad",), BAD.within + 0.1)


async def test_one_who_never_started_is_not_ok(autojump_clock: MockClock) -> None:
    summary = judge([GOOD], {}, World().history, {}, began=0.0, now=1.0)
    assert not summary.ok


async def test_what_led_to_a_verdict_is_told_before_it(autojump_clock: MockClock) -> None:
    stream, world = io.StringIO(), World()
    play = Play(world, [BAD])
    lines = Lines(Page(stream, {}), play)
    play.set_the_stage(lines)
    (role,) = play.roles.values()
    world.oom(role.box, fatal=False)
    at = trio.current_time()
    decision = Decision("d", at, role.box.run, "bad", Action.KILL, "safety/oom", "OOM event", at)
    lines.step(Step(State(), (decision,)))
    assert [line.split()[2] for line in stream.getvalue().splitlines()] == ["start", "oom", "verdict"]


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder that no disk stands behind: a slow one would be complained of, and rightly."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def command(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """The demo in a session of its own, with this folder for temporary files."""
    return subprocess.Popen(
        [sys.executable, "-m", "reactor", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
        text=True,
    )


def complaints_in(stderr: str) -> list[str]:
    """Its lines, without that which tells how busy the machine is: how soon a thread gets to write."""
    return [line for line in stderr.splitlines() if "an intent is not on the disk in time" not in line]


def assert_nothing_is_left(demo: subprocess.Popen[str], folder: Path) -> None:
    assert list(folder.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)


def test_it_runs_to_its_end_over_a_socket_and_leaves_nothing(memory: Path) -> None:
    with command("--json", "--speed", "10", folder=memory) as demo:
        said, stderr = demo.communicate(timeout=60)
    assert (demo.returncode, complaints_in(stderr)) == (0, [])
    summary = json.loads(said)
    assert summary["ok"] is True
    assert [summary[word] for word in ("missed", "doubled", "wrong")] == [[], [], []]
    assert {verdict["name"] for verdict in summary["verdicts"]} == {part.name for part in cast()}
    assert_nothing_is_left(demo, memory)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_cleanly(memory: Path, number: signal.Signals, code: int) -> None:
    with command(folder=memory) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "watches monitor" in line:
                break
        sent = time.monotonic()
        demo.send_signal(number)
        said, stderr = demo.communicate(timeout=20)
    assert (demo.returncode, complaints_in(stderr)) == (code, [])
    assert said.endswith(f"Stopped by {number.name} before the end.\n")
    assert time.monotonic() - sent < 15
    assert_nothing_is_left(demo, memory)


def test_a_reader_who_leaves_ends_it(memory: Path) -> None:
    with command(folder=memory) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        demo.stdout.readline()
        demo.stdout.close()
        assert demo.wait(timeout=20) == 128 + signal.SIGPIPE
        assert complaints_in(demo.stderr.read()) == []
    assert_nothing_is_left(demo, memory)


def test_rules_that_are_not_there_are_a_mistake_with_a_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.yaml"
    assert main(["demo", "--rules", str(missing)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"{missing}: there is no such file or folder: check the path\n"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
        (None, {}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    stream: io.StringIO | None, environ: dict[str, str], coloured: bool
) -> None:
    assert ("\x1b[" in Page(stream, environ).style("ok", Style.GOOD)) is coloured


def test_a_long_text_goes_on_below_its_beginning() -> None:
    stream = io.StringIO()
    page = Page(stream, {})
    page.width = 80
    page.row(1.5, "→", "verdict", "hog", "memory " * 12, Style.STRONG)
    first, second = stream.getvalue().splitlines()
    assert first.index("memory") == second.index("memory")
    assert len(first) <= 80


def test_signs_are_plain_where_the_stream_cannot_write_them() -> None:
    raw = io.BytesIO()
    page = Page(io.TextIOWrapper(raw, encoding="ascii"), {})
    page.row(1.5, "→", "verdict", "hog", "pids 201 > 200", Style.STRONG)
    page.write("missed 0 · doubled 0 → OK")
    assert raw.getvalue().splitlines() == [
        b"  1.50 > verdict hog            pids 201 > 200",
        b"missed 0 - doubled 0 > OK",
    ]


def test_many_rule_files_are_named_by_their_folder(tmp_path: Path) -> None:
    """Eight names would leave no room for what is said about them."""
    rules = [Rule(f"g/{name}", f"{tmp_path}/{name}.yaml:1") for name in "abc"]
    assert rule_files(RuleSet(tuple(rules))) == str(tmp_path)
    assert rule_files(RuleSet(tuple(rules[:2]))) == f"{tmp_path}/a.yaml, {tmp_path}/b.yaml"
