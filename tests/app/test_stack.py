"""``reactor stack`` on the embedded engine: up, again, changes, mistakes, crashes, a monitor beside it."""

import os
import re
import signal
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.app.options import parser
from reactor.app.stack.looking import Tools
from reactor.app.stack.preflight import is_free, is_this_host
from reactor.app.stack.raising import Raising
from reactor.app.stack.reading import wanted
from reactor.app.stack.views import Silent
from reactor.core.container import ContainerId, State
from reactor.core.recipes import Port, Recipe
from reactor.core.stackplans import plan_up
from reactor.engine.making import Making
from reactor.testing.history import What
from tests.app.embedded import monitored
from tests.app.stacks import SHOP, Desk, open_desk, stock
from tests.real.waiting import until

Capsys = pytest.CaptureFixture[str]


async def test_up_and_up_again_and_down(tmp_path: Path, capsys: Capsys) -> None:
    """In order, each ready before who needs it; the second time nothing is changed; data is kept."""
    async with open_desk(tmp_path, capsys) as desk:
        assert (await desk.give("status"))[0] == 1
        code, said = await desk.give("up")
        assert code == 0, said
        assert said.splitlines()[-1] == "stack shop is up: 3 created"
        assert said.index("db: created, healthy after") < said.index("web: created, running")
        labels = {name: desk.box(name).recipe.labels for name in ("db", "web", "proxy")}
        assert labels["web"]["reactor.task"] == "shop-web"
        assert labels["db"]["reactor.sidecar-of"] == labels["proxy"]["reactor.sidecar-of"] == "shop-web"
        assert "reactor.task" not in labels["db"]
        assert {each["reactor.stack"] for each in labels.values()} == {"shop"}
        assert [labels[name]["reactor.template"] for name in labels] == ["db", "web", "proxy"]
        assert desk.box("proxy").recipe.network_mode == f"container:{desk.box('web').id}"
        (kept,) = desk.data.glob("tasks/shop-web-*/db")
        (kept / "file").write_text("kept")
        assert kept.stat().st_mode & 0o777 == 0o750
        before = [*desk.world.history]
        code, said = await desk.give("up")
        assert (code, said.count(": unchanged")) == (0, 3)
        assert [*desk.world.history] == before
        code, said = await desk.give("status")
        assert (code, said.count("as in the file")) == (0, 3)
        assert "127.0.0.1:8085->80/tcp" in said
        code, said = await desk.give("down")
        assert code == 0
        gone = [line for line in said.splitlines() if line.endswith(": removed")]
        assert gone == ["proxy: removed", "web: removed", "db: removed"]
        assert said.endswith(
            f"stack shop is down: 3 containers removed; its data is kept below {desk.data}\n"
        )
        assert (desk.names(), (kept / "file").read_text()) == ([], "kept")
        assert "nothing was there" in (await desk.give("down"))[1]


class Never:
    """A maker, and whoever stops and removes, that must not be asked."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        if name not in {"list", "inspect", "identify"}:
            raise AssertionError(f"{name} was asked for")
        return getattr(self._engine, name)


async def test_the_second_time_nobody_is_even_asked_to_change_something(
    tmp_path: Path, capsys: Capsys
) -> None:
    async with open_desk(tmp_path, capsys) as desk:
        assert (await desk.give("up"))[0] == 0
        tools, asked = desk.tools(), of(desk)
        never: Any = Never(tools.engine)
        work = Raising(Tools(never, never, tools.premises), asked, Silent(), remove_orphans=True)
        await work.run()
        assert work.raised.failed is None


def of(desk: Desk) -> Any:
    """What the desk's file asks for."""
    words = ["stack", "up", str(desk.file), "--data-root", str(desk.data)]
    return wanted(parser().parse_args(words))


async def test_only_who_changed_is_made_anew_and_orphans_are_named(tmp_path: Path, capsys: Capsys) -> None:
    async with open_desk(tmp_path, capsys) as desk:
        await desk.give("up")
        web, db, proxy = (desk.box(name).id for name in ("web", "db", "proxy"))
        desk.write(SHOP.replace("interval: 200ms", "interval: 100ms"))
        code, said = await desk.give("status")
        assert (code, "changed" in said) == (1, True)
        code, found = await desk.document("up")
        assert (code, found["ok"], found["changed"]) == (0, True, True)
        fates = {each["service"]: (each["fate"], each["why"]) for each in found["services"]}
        assert fates == {"db": ("recreated", "changed"), "web": ("unchanged", ""), "proxy": ("unchanged", "")}
        assert (desk.box("web").id, desk.box("proxy").id) == (web, proxy)
        assert desk.box("db").id != db
        # The task is another one now, and with it whoever shares its network.
        desk.write(SHOP.replace("8085", "8086"))
        _, said = await desk.give("up")
        assert "proxy: recreated (it shares the network of web), running" in said
        assert desk.box("proxy").recipe.network_mode == f"container:{desk.box('web').id}"
        # A service that is gone from the file.
        without = SHOP[: SHOP.index("  proxy:")]
        desk.write(without)
        code, said = await desk.give("up")
        assert (code, "left as they are: shop-proxy; --remove-orphans" in said) == (0, True)
        assert "not in the file" in (await desk.give("status"))[1]
        assert (await desk.give("up", "--remove-orphans"))[0] == 0
        assert desk.names() == ["shop-db", "shop-web"]


MISTAKEN = """\
name: shop
services:
  a: {image: "nowhere:1", volumes: ["/etc:/host"], ports: ["8085:80"]}
  b: {image: "db:1", command: [sleep, inf], ports: ["8085:81"]}
  c: {image: "db:1", command: [sleep, inf], ports: ["8086:81"]}
"""


async def test_all_that_stands_in_the_way_is_said_before_anything_is_made(
    tmp_path: Path, capsys: Capsys
) -> None:
    """Strangers with our name or our port are never touched."""
    async with open_desk(tmp_path, capsys) as desk:
        desk.world.spawn(name="shop-b", labels={"reactor.stack": "other"})
        desk.write("name: other\nservices:\n  x: {image: 'db:1', command: [sleep, inf], ports: ['8086:1']}\n")
        assert (await desk.give("up"))[0] == 0
        desk.write(MISTAKEN)
        before = [*desk.world.history]
        code, said = await desk.give("up")
        assert code == 2
        assert "docker pull nowhere:1" in said
        assert "'b' is to be called 'shop-b', and a container that is not this stack's has that name" in said
        assert "'a' binds /etc, which is not below its data folder" in said
        assert "'b' and 'a' both want port 127.0.0.1:8085" in said
        assert "'c' wants port 127.0.0.1:8086, which the container 'other-x' has" in said
        assert said.splitlines()[-1] == "nothing was changed"
        assert [*desk.world.history] == before
        assert "a stranger's" in (await desk.give("status"))[1]
        await desk.give("down")
        assert desk.names() == ["other-x", "shop-b"]


async def test_binds_are_looked_at_again_before_each_start(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder became a link after it was made, or after it had ended: nobody is started on it."""
    create = Making.create

    async def linked(making: Making, recipe: Recipe) -> ContainerId:
        made = await create(making, recipe)
        turn_into_link()
        return made

    def turn_into_link() -> None:
        (kept,) = desk.data.glob("tasks/shop-web-*/w")
        kept.rename(kept.with_name("before"))
        kept.symlink_to(tmp_path)

    def turn_back() -> None:
        (kept,) = desk.data.glob("tasks/shop-web-*/w")
        kept.unlink()
        kept.with_name("before").rename(kept)

    async with open_desk(tmp_path, capsys) as desk:
        desk.write(
            "name: shop\nservices:\n  web: {image: 'web:1', volumes: ['${REACTOR_DATA}/w:/w'],"
            " command: [sleep, inf]}\n"
        )
        with monkeypatch.context() as patch:
            patch.setattr(Making, "create", linked)
            code, said = await desk.give("up")
            assert (code, "cannot be started" in said, "link" in said) == (1, True, True), said
        assert [each.what for each in desk.world.history if each.what is What.STARTED] == []
        turn_back()
        assert (await desk.give("up"))[0] == 0
        desk.world.kill(desk.box("web"))
        turn_into_link()
        code, said = await desk.give("up")
        assert (code != 0, "nothing was changed" in said) == (True, True), said
        assert desk.box("web").state is State.EXITED


async def test_mistakes_in_the_file_have_a_place(tmp_path: Path, capsys: Capsys) -> None:
    async with open_desk(tmp_path, capsys) as desk:
        desk.write(SHOP.replace("stop_grace_period", "stop_grace"))
        code, said = await desk.give("up")
        assert (code, f"{desk.file}:8:5: " in said) == (2, True), said
        desk.file.unlink()
        assert (await desk.give("up"))[0] == 2
        desk.write("name: shop\nservices: {a: {image: x, volumes: ['${REACTOR_DATA}/a:/a']}}\n")
        desk.data.rmdir()
        assert (await desk.give("up"))[0] == 2


async def test_who_does_not_come_up_is_taken_away_and_the_others_stay(tmp_path: Path, capsys: Capsys) -> None:
    async with open_desk(tmp_path, capsys) as desk:
        desk.write(SHOP.replace('[CMD, "true"]', '[CMD, "false"]').replace("200ms}", "50ms, retries: 1}"))
        code, said = await desk.give("up")
        assert (code, "db: FAILED: it is unhealthy" in said) == (1, True), said
        assert desk.names() == []
        desk.settled = 0.5
        desk.write(SHOP.replace("    network_mode: main", "    entrypoint: [no-such-program]"))
        code, said = await desk.give("up")
        # Its init is there, and ends with this code when the program is not.
        assert (code, "proxy: FAILED: it ended with exit code 127" in said) == (1, True), said
        assert desk.names() == ["shop-db", "shop-web"]
        assert (await desk.give("status"))[0] == 1
        desk.write(
            SHOP.replace("trap 'exit 0' TERM; sleep inf\"]\n    depends_on", 'exit 3"]\n    depends_on')
        )
        code, said = await desk.give("up")
        assert (code, "web: FAILED: it ended with exit code 3" in said) == (1, True), said
        assert desk.names() == ["shop-db"]
        desk.write()
        code, said = await desk.give("up")
        assert (code, said.splitlines()[-1]) == (0, "stack shop is up: 1 unchanged, 2 created")


async def test_who_is_paused_is_left_to_whoever_did_it_and_goes_down_nevertheless(
    tmp_path: Path, capsys: Capsys
) -> None:
    async with open_desk(tmp_path, capsys) as desk:
        await desk.give("up")
        desk.world.pause(desk.box("web"))
        code, said = await desk.give("up")
        assert (code, "it is paused, by somebody or by a rule: docker unpause shop-web" in said) == (1, True)
        code, said = await desk.give("status")
        assert (code, "paused" in said) == (1, True)
        web = desk.box("web").id
        assert (await desk.give("down"))[0] == 0
        assert desk.names() == []
        assert [each.code for each in desk.world.history.of(web, What.DIED)] == [0], (
            "it was asked, and could hear"
        )


async def test_without_its_image_nobody_knows_whose_it_is(tmp_path: Path, capsys: Capsys) -> None:
    async with open_desk(tmp_path, capsys) as desk:
        await desk.give("up")
        desk.world.drop_image("db:1")
        code, said = await desk.give("up")
        assert (code, "if it is, docker rm -f shop-db" in said) == (2, True)
        assert (await desk.give("down"))[0] == 0
        assert desk.names() == ["shop-db"], "what may be somebody else's is not touched"


def test_a_port_that_another_program_has_is_not_free() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        taken = Port(80, server.getsockname()[1])
        assert not is_free(taken)
        assert is_free(replace(taken, protocol="udp"))
    assert is_free(taken)
    assert is_free(replace(taken, address="192.0.2.1")), "an address that is not ours cannot be tried"


def test_only_an_engine_of_this_host_has_its_ports() -> None:
    here = os.uname().nodename
    assert is_this_host(here, local=True)
    assert not is_this_host(here, local=False)
    assert not is_this_host("elsewhere", local=True)


def states(desk: Desk) -> dict[str, State]:
    """What everybody does."""
    return {box.name: box.state for box in tuple(desk.world.ground.boxes.values())}


class KilledError(BaseException):
    """What nothing in the product catches."""


class Mortal:
    """An engine for somebody who is killed right before he changes something for the n-th time."""

    def __init__(self, tools: Tools, most: int) -> None:
        self._tools, self._left = tools, most

    def _live(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise KilledError

    async def create(self, recipe: Recipe) -> ContainerId:
        self._live()
        return await self._tools.maker.create(recipe)

    async def start(self, container: ContainerId) -> None:
        self._live()
        await self._tools.maker.start(container)

    async def stop(self, container: ContainerId, grace: float) -> int:
        self._live()
        return await self._tools.engine.stop(container, grace)

    async def remove(self, container: ContainerId, *, force: bool) -> int:
        self._live()
        return await self._tools.engine.remove(container, force=force)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tools.engine, name)


async def was_killed(desk: Desk, tools: Tools, most: int) -> bool:
    """Bring it up and be killed after so many changes; False if it came to its end before that."""
    mortal: Any = Mortal(tools, most)
    work = Raising(replace(tools, engine=mortal, maker=mortal), of(desk), Silent(), remove_orphans=False)
    killed = False
    try:
        await work.run()
    except* KilledError:
        killed = True
    return killed


async def test_killed_at_any_step_the_next_one_comes_to_the_same(tmp_path: Path, capsys: Capsys) -> None:
    """All of it is changed: half of the steps take away, and the other half begins with nothing."""
    async with open_desk(tmp_path, capsys) as desk:
        first = SHOP.replace("200ms", "20ms")
        second = first.replace("8085", "8087").replace("20ms", "21ms").replace("image: web:1", "image: db:1")
        desk.write(first)
        assert (await desk.give("up"))[0] == 0
        most, killed, tools = 0, True, replace(desk.tools(), settled=0.0)
        while killed:
            desk.write(second if most % 2 == 0 else first)
            killed = await was_killed(desk, tools, most)
            work = Raising(tools, of(desk), Silent(), remove_orphans=False)
            await work.run()
            assert work.raised.failed is None, most
            assert plan_up(of(desk).stack, work.raised.seen).steps == (), "and nothing is left to be done"
            assert desk.names() == ["shop-db", "shop-proxy", "shop-web"]
            most += 1
        assert most == 13, "all steps were tried"


async def test_broken_off_it_says_so_and_goes_on_from_there(tmp_path: Path, capsys: Capsys) -> None:
    async with open_desk(tmp_path, capsys) as desk, trio.open_nursery() as nursery:
        desk.write(SHOP.replace("200ms", "600s"))

        async def break_off() -> None:
            await trio.to_thread.run_sync(
                until, lambda: states(desk) == {"shop-db": State.RUNNING}, 10.0, "db runs"
            )
            os.kill(os.getpid(), signal.SIGINT)

        nursery.start_soon(break_off)
        code, said = await desk.give("up")
        assert (code, "broken off: 'reactor stack status" in said) == (130, True), said
        assert desk.names() == ["shop-db"]
        desk.write()
        assert (await desk.give("up"))[0] == 0


QUICK = """\
times: {orphan_after: 500ms, creation_grace: 1s, sidecar_grace: 1s, reconcile_every: 500ms}
gate: {off: true}
"""


async def test_a_monitor_ends_sidecars_with_their_task_and_is_in_nobodys_way(
    tmp_path: Path, capsys: Capsys
) -> None:
    """``down`` and the monitor may both be at a sidecar; what the monitor ended comes back with ``up``."""
    async with monitored(tmp_path, QUICK) as (world, monitor):
        desk = Desk(stock(world), tmp_path, capsys, f"unix://{tmp_path / 'd.sock'}")
        desk.data.mkdir()
        desk.write(SHOP)
        assert (await desk.give("up"))[0] == 0
        db = desk.box("db")
        world.kill(desk.box("web"))
        await trio.to_thread.run_sync(
            until, lambda: db.state is State.EXITED, 20.0, "its sidecar goes with it"
        )
        code, said = await desk.give("up")
        assert (code, said.splitlines()[-1]) == (0, "stack shop is up: 1 started, 2 recreated"), said
        # Somebody ends the task at the same moment as the stack is taken down.
        async with trio.open_nursery() as nursery:
            world.stop(desk.box("web"), 1.0)
            for each in ("db", "proxy"):
                world.stop(desk.box(each), 1.0, by="monitor")
            nursery.start_soon(desk.give, "down")
        assert desk.names() == []
        # How busy a disk is, of which the journal speaks, is the disk's affair.
        errors = [line for line in monitor.lines() if line["level"] == "error"]
        assert [line for line in errors if line["logger"] != "reactor.journal"] == []
        deaths = [entry.run for entry in world.history if entry.what is What.DIED]
        assert len(deaths) == len(set(deaths)) == 6


ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "stacks.md").read_text()
EXAMPLE = (ROOT / "docs" / "examples" / "shop.yaml").read_text()


def masked(text: str) -> list[str]:
    """The lines without numbers, which differ, and without what only fills them up."""
    return [re.sub(r"\d+(\.\d+)?", "N", line).rstrip() for line in text.splitlines()]


async def test_the_page_shows_what_is_printed(tmp_path: Path, capsys: Capsys) -> None:
    assert EXAMPLE.partition("\n")[2] in PAGE
    shown = re.findall(
        r"^\$ reactor stack (\w+) \S+ --data-root /srv/data\n((?:[^`\n].*\n)+)", PAGE, re.MULTILINE
    )
    assert [verb for verb, _ in shown] == ["up", "up", "status", "down"]
    async with open_desk(tmp_path, capsys) as desk:
        desk.world.add_image("busybox:1.36")
        desk.write(EXAMPLE.replace("interval: 1s", "interval: 50ms").replace("period: 2s", "period: 0s"))
        for verb, lines in shown:
            code, said = await desk.give(verb)
            assert code == 0
            assert masked(said.replace(str(desk.data), "/srv/data")) == masked(lines)
