"""Sockets in the file system: their mode from the first moment, who is replaced, who is not, and traps."""

import fcntl
import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trio

from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.errors import HttpError, NobodyListens
from reactor.http.server import Answer, Request, Response, serve
from reactor.http.server_listeners import AddressTaken, CannotListen
from reactor.http.server_unix import open_unix_listener, own_unix_listener


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a name short enough for sockets."""
    with TemporaryDirectory(prefix="rx-") as made:
        yield Path(made)


@pytest.fixture
def wide_umask() -> Iterator[None]:
    """Let new files be open to everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def leave_stale(path: Path) -> None:
    """Leave the socket of a program that was killed."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))


def mode(path: Path) -> int:
    """The permissions of what stands there itself, and not of what it points to."""
    return path.lstat().st_mode & 0o777


def allow(path: Path, permissions: int) -> None:
    """Set who may do what."""
    path.chmod(permissions)


async def test_its_mode_is_narrow_from_the_first_moment(
    folder: Path, wide_umask: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with an umask that takes nothing away: looked at in the very call that makes the file."""
    seen = []
    bind = socket.socket.bind

    def looking(self: socket.socket, address: str) -> None:
        bind(self, address)
        seen.append(mode(Path(address)))

    monkeypatch.setattr(socket.socket, "bind", looking)
    async with await open_unix_listener(folder / "s"):
        assert mode(folder / "s") == 0o600
    assert seen == [0o600]


async def test_a_stale_socket_is_replaced_and_a_living_one_is_not(folder: Path) -> None:
    path = folder / "s"
    leave_stale(path)
    async with await open_unix_listener(path):
        before = path.lstat().st_ino
        with pytest.raises(AddressTaken, match="s is taken: another program listens there"):
            await open_unix_listener(path)
        with pytest.raises(AddressTaken):
            async with own_unix_listener(path):
                raise AssertionError("it is somebody else's")
        assert path.lstat().st_ino == before


async def test_of_many_who_find_a_stale_socket_one_listens(folder: Path) -> None:
    path = folder / "s"
    leave_stale(path)
    got: list[trio.SocketListener] = []
    refused: list[str] = []

    async def start() -> None:
        try:
            got.append(await open_unix_listener(path))
        except AddressTaken as error:
            refused.append(str(error))

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(start)
    assert (len(got), len(refused)) == (1, 9)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    await got[0].aclose()


async def test_the_file_goes_with_its_listener(folder: Path) -> None:
    path = folder / "s"
    for _ in range(2):
        async with own_unix_listener(path):
            assert path.is_socket()
        assert not path.exists()


async def test_the_file_goes_when_the_block_fails_or_is_cancelled(folder: Path) -> None:
    path = folder / "s"
    with pytest.raises(RuntimeError):
        async with own_unix_listener(path):
            raise RuntimeError
    assert not path.exists()
    with trio.CancelScope() as scope:
        async with own_unix_listener(path):
            scope.cancel()
            await trio.sleep_forever()
    assert not path.exists()


async def test_a_successors_socket_stays(folder: Path) -> None:
    path = folder / "s"
    async with own_unix_listener(path):
        path.unlink()
        successor = await open_unix_listener(path)
    assert path.is_socket()
    async with successor:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


async def test_a_file_in_the_way_is_left_alone(folder: Path) -> None:
    path = folder / "precious"
    path.write_text("data")
    for opening in (open_unix_listener(path), own_unix_listener(path).__aenter__()):
        with pytest.raises(CannotListen, match="is not a socket"):
            await opening
    assert path.read_text() == "data"


@pytest.mark.parametrize("target", ["precious", "living", "stale", "nowhere"])
async def test_a_link_in_the_way_is_not_followed(folder: Path, target: str) -> None:
    """Neither removed nor followed, and nothing becomes of what it points to."""
    path = folder / "s"
    (folder / "precious").write_text("data")
    (folder / "precious").chmod(0o644)
    leave_stale(folder / "stale")
    path.symlink_to(folder / target)
    async with await open_unix_listener(folder / "living"):
        with pytest.raises(CannotListen, match="is there already and is not a socket"):
            await open_unix_listener(path)
    assert path.is_symlink()
    assert (folder / "precious").read_text() == "data"
    assert mode(folder / "precious") == 0o644
    assert (folder / "stale").exists()
    assert not (folder / "nowhere").exists()


async def test_a_link_that_appears_at_the_last_moment_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the bind, and between the bind and whatever follows."""
    precious, path = folder / "precious", folder / "s"
    precious.write_text("data")
    precious.chmod(0o644)
    bind = socket.socket.bind

    def early(self: socket.socket, address: str) -> None:
        Path(address).symlink_to(precious)
        bind(self, address)

    def late(self: socket.socket, address: str) -> None:
        bind(self, address)
        Path(address).unlink()
        Path(address).symlink_to(precious)

    monkeypatch.setattr(socket.socket, "bind", early)
    with pytest.raises(AddressTaken):
        await open_unix_listener(path)
    path.unlink()
    monkeypatch.setattr(socket.socket, "bind", late)
    async with await open_unix_listener(path):
        assert mode(precious) == 0o644
    assert precious.read_text() == "data"


async def test_a_folder_that_everybody_may_write_to_is_refused(folder: Path) -> None:
    allow(folder, 0o777)
    with pytest.raises(CannotListen, match="chmod o-w"):
        async with own_unix_listener(folder / "s"):
            raise AssertionError("a stranger could replace it")
    assert not (folder / "s").exists()
    allow(folder, 0o1777)
    async with own_unix_listener(folder / "s"):
        assert mode(folder / "s") == 0o600
    allow(folder, 0o770)
    async with own_unix_listener(folder / "s"):
        assert mode(folder / "s") == 0o600


async def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    inner = folder / "inner"
    inner.mkdir()
    if inner.stat().st_uid == 0:
        os.chown(inner, 4711, -1)
    with pytest.raises(CannotListen, match="belongs to another user"):
        async with own_unix_listener(inner / "s"):
            raise AssertionError("its owner could replace it")


async def test_somebody_who_holds_the_folder_for_ever_is_not_waited_for(
    folder: Path, autojump_clock: trio.testing.MockClock
) -> None:
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(CannotListen, match="holds the lock"):
        await open_unix_listener(folder / "s")
    os.close(handle)
    async with await open_unix_listener(folder / "s"):
        assert mode(folder / "s") == 0o600


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x" * 120, "longer than 107 bytes"),
        ("\xe9" * 54, "longer than 107 bytes"),
        ("none/s", "No such file or directory"),
        ("a\0b", "zero byte"),
    ],
)
async def test_a_path_that_cannot_be_one_has_a_sentence(folder: Path, name: str, sentence: str) -> None:
    for opening in (open_unix_listener(folder / name), own_unix_listener(folder / name).__aenter__()):
        with pytest.raises(CannotListen, match=sentence):
            await opening


async def hello(request: Request) -> Answer:
    """Say what was asked."""
    return Response(200, f"{request.method} {request.path} ".encode() + request.body)


async def test_the_longest_path_serves_our_own_client(folder: Path) -> None:
    room = 107 - len(os.fsencode(folder)) - 1
    path = folder / ("x" * room)
    async with own_unix_listener(path) as listener, trio.open_nursery() as nursery:
        await nursery.start(partial(serve, [listener], hello))
        client = Client(Address.unix(str(path)))
        answer = await client.request("POST", "/-/reload", body=b"now", within=5)
        assert (answer.status, answer.body) == (200, b"POST /-/reload now")
        nursery.cancel_scope.cancel()
    assert not path.exists()


@pytest.mark.parametrize("name", ["x" * 120, "nobody"])
async def test_our_own_client_says_what_is_wrong_with_a_path(folder: Path, name: str) -> None:
    with pytest.raises(NobodyListens, match=r"longer than 107 bytes|there is no socket at") as caught:
        await Client(Address.unix(str(folder / name))).request("GET", "/", within=5)
    assert isinstance(caught.value, HttpError)
    assert not caught.value.sent
