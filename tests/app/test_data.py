"""``reactor data`` on the embedded engine: what it shows, what it spares, and when it does nothing at all."""

import argparse
import json
import re
import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.app.cli import main
from reactor.app.data.checkup import data_folders
from reactor.app.data.holding import held_by
from reactor.app.folders import Folders
from reactor.app.patient import Finding, Patient, Verdict
from reactor.app.settings import Settings
from reactor.core.protection import LabelNames
from reactor.core.recipes import Folder, plain_name
from reactor.data.errors import DataRefused, Why
from reactor.data.root import Root
from reactor.engine.holders import Holder
from reactor.testing import api
from reactor.testing.api import serve_world
from reactor.testing.traits import Traits
from reactor.testing.world import World
from tests.app.embedded import apart
from tests.data.build import filled, home, mounted

Run = Callable[..., Any]
AT_ONCE = ("--older-than", "1ms")


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[World, Run]]:
    """A world that is served, and how ``reactor data`` is run on it."""
    world, socket = World(), folder / "d.sock"

    async def run(*arguments: str) -> int:
        flags = () if arguments[:1] == ("list",) else ("--docker-host", f"unix://{socket}")
        return await apart(partial(main, ["data", *arguments, "--root", str(folder / "data"), *flags]))

    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, socket)
        yield world, run
        nursery.cancel_scope.cancel()


def fill(folder: Path, *tasks: str) -> None:
    with Root.open(folder / "data") as root:
        for task in tasks:
            filled(root, task, "pg")


def there(folder: Path) -> set[str]:
    return {each.name for each in (folder / "data/tasks").iterdir()}


async def test_a_list_shows_true_ids_and_nothing_that_steers_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, "job/1", "\x1b[31mred\n")
    with Root.open(tmp_path / "data") as root:
        filled(root, "-", "models", shared=True)
    (tmp_path / "data/tasks/by-hand\x1b[0m").mkdir()
    async with served(tmp_path) as (_, run):
        assert await run("list") == 0
        shown = capsys.readouterr().out
        assert await run("list", "--json") == 0
        told = json.loads(capsys.readouterr().out)
    assert "\x1b" not in shown
    lines = shown.splitlines()
    assert lines[0].split() == ["TASK", "SIZE", "CHANGED", "MADE", "FOLDER"]
    assert any(line.startswith("job/1 ") and line.endswith(f"tasks/{plain_name('job/1')}") for line in lines)
    assert {line.split()[0] for line in lines[1:]} == {"job/1", "\\u001b[31mred\\n", "(unknown)", "(shared)"}
    tasks = {each["folder"]: each for each in told["folders"]}
    assert tasks[f"tasks/{plain_name('job/1')}"]["task"] == "job/1"
    assert tasks["shared/models"]["shared"]
    assert tasks["tasks/by-hand\x1b[0m"]["made"] is None
    assert all(each["complete"] and each["size"] > 0 for each in told["folders"])


async def test_a_prune_spares_whatever_a_container_has_and_takes_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In any state, with an exact path or one above it; and what a living task may want."""
    tasks = ("run", "exited", "created", "living", "sidecar", "over", "free", "free2")
    fill(tmp_path, *tasks)
    with Root.open(tmp_path / "data") as root:
        filled(root, "-", "models", shared=True)
        paths = {task: str(home(root, task)) for task in tasks}
    async with served(tmp_path) as (world, run):

        def binds(source: str) -> Traits:
            return Traits(binds={"/data": source})

        world.spawn(name="runs", traits=binds(f"{paths['run']}/pg"))
        world.kill(world.spawn(name="ended", traits=binds(paths["exited"])))
        world.create(name="made", traits=binds(f"{paths['created']}/pg/deep"))
        world.spawn(name="main", labels={"reactor.task": "living"})
        world.spawn(name="db", labels={"reactor.sidecar-of": "sidecar"})
        world.kill(world.spawn(name="past", labels={"reactor.task": "over"}))
        before = there(tmp_path)
        assert await run("prune", *AT_ONCE) == 0
        dry = capsys.readouterr().out
        assert "3 would go" in dry
        assert "nothing was removed: say --yes" in dry
        assert there(tmp_path) == before
        assert await run("prune", *AT_ONCE, "--yes", "--json") == 0
        told = json.loads(capsys.readouterr().out)
    assert {each["task"] for each in told["removed"]} == {"free", "free2", "over"}
    assert there(tmp_path) == before - {plain_name(each["task"]) for each in told["removed"]}
    whys = {each["task"]: each["why"].partition(" (")[0] for each in told["stays"]}
    assert whys == {
        "run": "in use by runs", "exited": "in use by ended", "created": "in use by made",
        "living": "in use by main", "sidecar": "in use by db",
    }  # fmt: skip
    assert (tmp_path / "data/shared/models/kept").exists()


async def test_only_what_is_named_goes_and_shared_folders_only_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, "one", "two")
    with Root.open(tmp_path / "data") as root:
        for name in ("models", "cache"):
            filled(root, "-", name, shared=True)
    async with served(tmp_path) as (_, run):
        assert await run("prune", *AT_ONCE, "--yes", "--shared", "models", "--task", "one") == 0
        assert "2 removed" in capsys.readouterr().out
        assert there(tmp_path) == {plain_name("two")}
        assert [each.name for each in (tmp_path / "data/shared").iterdir()] == ["cache"]
        assert await run("prune", *AT_ONCE, "--yes", "--task", "none", "--shared", "../tasks") == 1
        assert "no task 'none'" in capsys.readouterr().err
        assert await run("prune", "--older-than", "1h", "--yes") == 0
        assert "it is not so old" in capsys.readouterr().out
    assert there(tmp_path) == {plain_name("two")}


async def test_whoever_has_everything_mounted_holds_everything_unless_excused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exporter that has all of the disk; what it has of a single folder still counts."""
    fill(tmp_path, "one", "two")
    with Root.open(tmp_path / "data") as root:
        two = str(home(root, "two"))
    async with served(tmp_path) as (world, run):
        world.spawn(name="exporter", traits=Traits(binds={"/host": "/", "/two": two}))
        assert await run("prune", *AT_ONCE, "--yes") == 0
        assert "0 removed" in capsys.readouterr().out
        assert await run("prune", *AT_ONCE, "--yes", "--despite", "exporter") == 0
        assert "1 removed" in capsys.readouterr().out
    assert there(tmp_path) == {plain_name("two")}


async def test_where_the_engine_cannot_be_asked_nothing_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody there; one container that cannot be inspected; volumes that are not told."""
    fill(tmp_path, "one")
    nobody = ("--docker-host", f"unix://{tmp_path}/none.sock", "--root", str(tmp_path / "data"))
    assert await apart(partial(main, ["data", "prune", *AT_ONCE, "--yes", *nobody])) == 2
    assert "Nothing was removed" in capsys.readouterr().err
    for pattern in (r"/containers/(?P<ref>[^/]+)/json", r"/volumes"):
        broken = tuple(each for each in api.ENDPOINTS if each[1].pattern != pattern)
        assert len(broken) == len(api.ENDPOINTS) - 1
        with monkeypatch.context() as patched:
            patched.setattr(api, "ENDPOINTS", broken)
            async with served(tmp_path) as (world, run):
                world.spawn(name="runs")
                assert await run("prune", *AT_ONCE, "--yes") == 2
                assert "Nothing was removed" in capsys.readouterr().err
    assert there(tmp_path) == {plain_name("one")}


def test_what_is_asked_wrongly_has_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ("--root", str(tmp_path / "data"))
    Root.open(tmp_path / "data").close()
    for arguments, said in (
        ((), "data: {root:"),
        (("prune", *AT_ONCE), "--root PATH"),
        (("prune", *root), "--older-than 30d"),
        (("list", "--yes", *root), "'reactor data prune'"),
        (("list", "--root", str(tmp_path / "none")), "cannot be opened"),
        (("list", "--root", "/etc"), "belongs to the system"),
    ):
        assert main(["data", *arguments]) == 2
        assert said in capsys.readouterr().err


PAGE = (Path(__file__).parents[2] / "docs/data.md").read_text()


async def test_the_commands_of_the_page_do_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In their order, with the page's own configuration; nothing is old enough, so all of it stays."""
    (written,) = re.findall(r"^```yaml\n(data: .*?)```", PAGE, re.DOTALL | re.MULTILINE)
    config = tmp_path / "reactor.yaml"
    config.write_text(written.replace("/var/lib/reactor/data", str(tmp_path / "data")))
    fill(tmp_path, "job/1")
    with Root.open(tmp_path / "data") as root:
        filled(root, "-", "models", shared=True)
    assert f"tasks/{plain_name('job/1')}\n" in PAGE
    commands = re.findall(r"^(?:\$ )?reactor (data .*)$", PAGE, re.MULTILINE)
    async with served(tmp_path):
        for command in commands:
            arguments = shlex.split(command, comments=True)
            arguments[arguments.index("reactor.yaml")] = str(config)
            host = ("--docker-host", f"unix://{tmp_path / 'd.sock'}")
            assert await apart(partial(main, [*arguments, *host])) == 0
    shown = capsys.readouterr().out
    assert [len(commands), shown.count("stay"), shown.count("SIZE")] == [4, 7, 1]
    assert there(tmp_path) == {plain_name("job/1")}


def test_every_word_for_trouble_stands_on_the_page() -> None:
    for why in Why:
        assert f"| `{why}` |" in PAGE


def test_an_engine_of_another_host_is_not_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody binds there may be bound here."""
    fill(tmp_path, "one")
    for host, said in (
        ("tcp://192.0.2.1:2375", "may be on another host"),
        ("tcp://engine.invalid:2375", "may be on another host"),
        ("tcp://127.0.0.1:9", "is not known"),
        ("tcp://localhost:9", "is not known"),
        ("tcp://[::1]:9", "is not known"),
    ):
        command = [
            "data",
            "prune",
            *AT_ONCE,
            "--yes",
            "--root",
            str(tmp_path / "data"),
            "--docker-host",
            host,
        ]
        assert main(command) == 2
        assert said in capsys.readouterr().err
    assert there(tmp_path) == {plain_name("one")}


def test_when_the_last_of_a_task_ended_is_known_or_counts_as_use() -> None:
    labels = {"reactor.task": "job"}
    ends = [Holder("1" * 64, "a", (), labels, over=True, finished=each) for each in (5.0, 9.0, 7.0)]
    assert held_by(ends, LabelNames(), {}).ended == {plain_name("job"): 9.0}
    keys = ("job-id", "helps", "reactor.task", "reactor.sidecar-of")
    alive = [Holder("3" * 64, "c", (), {key: key}) for key in (*keys, "other")]
    mapped = LabelNames(task="job-id", sidecar_of="helps")
    assert {*held_by(alive, mapped, {}).tasks} == {plain_name(key) for key in keys}
    unknown = held_by([*ends, Holder("2" * 64, "b\x1b", (), labels, over=True)], LabelNames(), {})
    assert "nobody can tell when it ended" in unknown.tasks[plain_name("job")]
    assert "\x1b" not in unknown.tasks[plain_name("job")]


async def test_folders_are_made_beside_the_loop_and_refusals_come_through(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "data")
    pg, models = Folder("pg", 999, 999), Folder("models", shared=True)
    made = await folders.prepare("job", [pg, models])
    assert made == {pg: f"{folders.of_task('job')}/pg", models: f"{folders.shared}/models"}
    sources = tuple(made.values())
    assert await folders.check("job", sources) == dict(zip(sources, sources, strict=True))
    with pytest.raises(DataRefused) as refused:
        await folders.check("other", sources)
    assert refused.value.why is Why.BIND


async def test_whoever_holds_the_root_for_long_is_not_waited_for(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "data", within=0.05)
    with Root.open(tmp_path / "data") as root, root.locked(), pytest.raises(DataRefused) as refused:
        await folders.prepare("job", [Folder("pg")])
    assert refused.value.why is Why.BUSY


def examined(settings: Settings) -> Finding:
    patient = Patient(argparse.Namespace())
    patient.__dict__.update(settings=settings, engine=None)
    (finding,) = data_folders(patient)
    return finding


def test_the_doctor_says_where_data_would_be(tmp_path: Path) -> None:
    """Nothing is made there."""
    assert examined(Settings()).verdict is Verdict.OK
    later = examined(Settings(data=tmp_path / "data"))
    assert "will be made" in later.said
    assert later.verdict is not Verdict.FAILED
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "link").symlink_to(tmp_path)
    for bad in (tmp_path / "none/data", tmp_path / "link", Path("/proc/data")):
        assert examined(Settings(data=bad)).verdict is Verdict.FAILED, bad
    with mounted(tmp_path / "memory", "size=1m") as memory:
        passing = examined(Settings(data=memory / "data"))
    assert passing.verdict is Verdict.DEGRADED
    assert "it is on tmpfs, with 1 MiB left: what is there is gone with the next start" in passing.said
