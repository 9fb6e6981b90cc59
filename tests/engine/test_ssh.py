"""An engine behind ssh: the words of the program, the whole protocol over it, and its life with a call.

The program is a stand-in that does what ``docker system dial-stdio`` does; the engine is the embedded one.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from reactor.core.ports import EngineUnreachable
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from reactor.engine.ssh import ssh_address
from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.world import World
from tests.engine.behind_ssh import put_ssh

OPTIONS = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
DIAL = ("docker", "system", "dial-stdio")


@pytest.mark.parametrize(
    ("written", "words", "shown"),
    [
        ("ssh://far", (*OPTIONS, "--", "far", *DIAL), "ssh://far:22"),
        ("ssh://me@far/", (*OPTIONS, "-l", "me", "--", "far", *DIAL), "ssh://far:22"),
        ("ssh://me@Far.Example:2222", (*OPTIONS, "-l", "me", "-p", "2222", "--", "Far.Example", *DIAL), "ssh://Far.Example:2222"),
        ("ssh://Ab@ab", (*OPTIONS, "-l", "Ab", "--", "ab", *DIAL), "ssh://ab:22"),
        ("ssh://[fe80::1]:22", (*OPTIONS, "-p", "22", "--", "fe80::1", *DIAL), "ssh://[fe80::1]:22"),
    ],
)  # fmt: skip
def test_the_words_are_those_of_the_docker_command(written: str, words: tuple[str, ...], shown: str) -> None:
    address = ssh_address(written)
    assert address.program == words
    assert str(address) == shown
    assert not address.local


@dataclass
class Far:
    world: World
    engine: DockerEngine
    words: Path


def children() -> set[int]:
    """The processes that are ours, zombies included."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(each) for task in tasks for each in (task / "children").read_text().split()}


@pytest.fixture
async def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Far]:
    world, socket = World(epoch=wall()), tmp_path / "d.sock"
    place = put_ssh(tmp_path, socket)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, socket)
        yield Far(world, DockerEngine(resolve("ssh://me@far", {})), place / "words")
        nursery.cancel_scope.cancel()


async def test_everything_that_is_asked_of_an_engine_goes_over_it(far: Far) -> None:
    before = children()
    box, neighbour = far.world.spawn(name="bad"), far.world.spawn(name="neighbour")
    info = await far.engine.identify()
    assert not info.local
    assert {each.id for each in await far.engine.list()} == {box.id, neighbour.id}
    found = await far.engine.inspect(box.id)
    assert found.image_labels is not None
    async with far.engine.open_events(None) as events, far.engine.open_stats(found.run) as stats:
        assert (await anext(aiter(stats))) is not None
        assert await far.engine.for_acting().kill(box.id) == 204
        async for event in events:
            if event.action == "die":
                assert event.id == box.id
                break
    assert not box.alive
    assert neighbour.alive
    assert set(far.words.read_text().splitlines()) == {
        " ".join((*OPTIONS[1:], "-l", "me", "--", "far", *DIAL))
    }
    assert children() == before


async def test_a_call_that_is_given_up_leaves_no_process(far: Far) -> None:
    before, box = children(), far.world.spawn(name="bad")
    run = (await far.engine.inspect(box.id)).run
    with trio.move_on_after(0.5):
        async with far.engine.open_events(None) as events, far.engine.open_stats(run):
            assert len(children() - before) == 2
            async for _ in events:
                pass
    assert children() == before


async def test_what_ssh_says_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = put_ssh(tmp_path, tmp_path / "nobody")
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    with pytest.raises(EngineUnreachable, match="ssh: ssh: connect to host far port 22: No such file"):
        await DockerEngine(resolve("ssh://far", {})).identify()


async def test_a_machine_without_ssh_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnreachable, match="the program ssh is not there"):
        await DockerEngine(resolve("ssh://far", {})).identify()
