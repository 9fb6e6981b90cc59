"""The file and its certificates are read again when they change; a broken one changes only what is said."""

import json
import logging
import os
import shutil
import ssl
from pathlib import Path

import bcrypt
import pytest
import trio
import trio.testing

from reactor.access import keeping
from reactor.access.keeping import KeptAccess
from reactor.access.terms import OPEN, Access
from tests.access.papers import Papers
from tests.access.scene import CHANGE, HASH, RIGHT, scene

OTHER = bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()


def says(file: Path, text: str) -> None:
    """Replace the file as editors do: another file under its name."""
    beside = file.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, file)


async def test_a_changed_password_counts_at_once_and_a_broken_file_does_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "web.yaml"
    says(file, f"basic_auth_users: {{ada: {HASH}}}")
    async with scene(file, every=0.0) as there:
        assert await there.status(user=RIGHT) == 200
        says(file, f"basic_auth_users: {{ada: {OTHER}}}")
        assert [await there.status(user=each) for each in (RIGHT, "ada:another")] == [401, 200]
        with caplog.at_level(logging.ERROR, "reactor.access"):
            says(file, "basic_auth_users: {ada: nonsense}")
            assert [await there.status(user=each) for each in (RIGHT, "ada:another")] == [401, 200]
        [said] = caplog.records
        assert "web.yaml:1:25: this is not what bcrypt makes" in said.__dict__["why"]
        says(file, f"basic_auth_users: {{ada: {HASH}}}")
        assert [await there.status(user=each) for each in (RIGHT, "ada:another")] == [200, 401]
        counted = there.tally.freeze().counters["reactor_web_config_reloads_total"]
        assert counted == {("success",): 2, ("failure",): 1}


async def test_passwords_that_are_gone_take_the_orders_with_them(papers: Papers, tmp_path: Path) -> None:
    """What was safe when it was enabled need not be so for ever: without a password others change nothing."""
    for each in ("server.pem", "server-key.pem"):
        shutil.copy(papers.folder / each, tmp_path)
    file = tmp_path / "web.yaml"
    tls = "tls_server_config: {cert_file: server.pem, key_file: server-key.pem}\n"
    says(file, f"{tls}basic_auth_users: {{ada: {HASH}}}")
    async with scene(file, papers=papers, local=False, every=0.0) as there:
        assert await there.status(CHANGE, user=RIGHT) == 200
        says(file, tls)
        assert [(await there.access.now()).authenticated for _ in range(2)] == [True, False]
        assert await there.status(CHANGE, user=RIGHT) == 403
        assert there.changed == 1


@pytest.mark.parametrize("nothing", ["", "\n", "# basic_auth_users: later\n", "---\n", "null\n"])
async def test_an_emptied_file_opens_no_door(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, nothing: str
) -> None:
    """However long it stays so, and however often it is asked; only ``{}`` says that everybody is meant."""
    file = tmp_path / "web.yaml"
    file.write_text(f"basic_auth_users: {{ada: {HASH}}}")
    async with scene(file, every=0.0) as there:
        file.write_text(nothing)
        assert [await there.status(user=each) for each in ("", "", RIGHT)] == [401, 401, 200]
        assert [await there.status(CHANGE, user=each) for each in ("", RIGHT)] == [401, 200]
        [said] = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert "the file is empty: write {} if" in said.__dict__["why"]
        counted = there.tally.freeze().counters["reactor_web_config_reloads_total"]
        assert counted == {("success",): 0, ("failure",): 1}
        file.write_text("{}")
        assert [await there.status() for _ in range(2)][1] == 200


async def test_an_empty_file_that_was_begun_with_may_be_written_again(tmp_path: Path) -> None:
    """It asked for nothing before: nothing is lost by it."""
    file = tmp_path / "web.yaml"
    file.write_text("")
    kept = KeptAccess(file, KeptAccess.open(file).last, 0.0)
    file.write_text("# nobody yet\n")
    assert (await kept.now()).asks_for == ()
    assert (kept.statistics().failures, kept.statistics().in_force) == (0, True)


async def test_what_asks_for_less_counts_when_it_has_stood_still(
    papers: Papers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A writer may be in the middle: a file that is cut where it would open a door opens none."""
    file = tmp_path / "web.yaml"
    pair = f"{{cert_file: {papers.folder}/server.pem, key_file: {papers.folder}/server-key.pem}}"
    whole = f"tls_server_config: {pair}\nbasic_auth_users: {{ada: {HASH}}}\n"
    cut = whole.partition("basic_auth_users")[0]
    file.write_text(whole)
    kept = KeptAccess(file, KeptAccess.open(file).last, 0.0)
    all_of_it = ("TLS", "a password")
    for half in (cut, cut + "# more\n", "http_server_config: {}\n", whole, cut):
        file.write_text(half)
        assert (await kept.now()).asks_for == all_of_it, half
        assert kept.statistics().in_force == (half == whole)
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert (await kept.now()).asks_for == ("TLS",)
    [said] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert said.__dict__["no_more"] == "a password"
    file.write_text(whole)
    assert (await kept.now()).asks_for == all_of_it, "what asks for more counts at once"
    assert kept.statistics().in_force


async def test_a_connection_from_before_ends_with_what_was_asked_for_then(
    papers: Papers, tmp_path: Path
) -> None:
    """Who was let in without TLS does not go on without it on a connection that was kept."""
    file = tmp_path / "web.yaml"
    says(file, "")
    ask = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with scene(file, every=0.0) as there, await trio.open_tcp_stream("127.0.0.1", there.port) as kept:
        await kept.send_all(ask)
        assert (await kept.receive_some()).startswith(b"HTTP/1.1 200")
        pair = {"cert_file": f"{papers.folder}/server.pem", "key_file": f"{papers.folder}/server-key.pem"}
        says(file, json.dumps({"tls_server_config": pair}))
        await kept.send_all(ask)
        answer = bytes(await kept.receive_some())
        assert answer.startswith(b"HTTP/1.1 403")
        assert b"Connection: close" in answer


async def test_a_new_certificate_is_shown_to_who_comes_next(papers: Papers, tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    names = {"server.pem": "cert_file", "server-key.pem": "key_file"}
    for each in names:
        shutil.copy(papers.folder / each, tmp_path)
    says(file, "tls_server_config: {cert_file: server.pem, key_file: server-key.pem}")

    async def shown(port: int) -> object:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        secured = trio.SSLStream(stream, papers.client(), server_hostname="localhost")
        async with secured:
            await secured.do_handshake()
            certificate = secured.getpeercert()
        return certificate["subject"][0][0][1] if certificate else None

    async with scene(file, papers=papers, every=0.0) as there:
        assert await shown(there.port) == "server"
        for each in names:
            shutil.copy(papers.folder / each.replace("server", "renewed"), tmp_path / each)
        assert await shown(there.port) == "renewed"
        (tmp_path / "server.pem").write_text("half a certif")
        assert await shown(there.port) == "renewed"


async def test_it_is_looked_at_once_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    looks = 0

    async def look(self: KeptAccess, path: Path) -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(KeptAccess, "_refresh", look)
    kept = KeptAccess(tmp_path / "web.yaml")
    for _ in range(30):
        await kept.now()
        await trio.sleep(0.1)
    assert looks == 3
    for _ in range(10):
        await KeptAccess(None).now()
    assert looks == 3


async def test_a_defect_in_reading_keeps_what_was_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It would have ended the monitor, since a connection asks before there is a request."""

    def broken(_: Path, **_how: bool) -> Access:
        raise RecursionError("too deep")

    file = tmp_path / "web.yaml"
    says(file, f"basic_auth_users: {{ada: {HASH}}}")
    async with scene(file, every=0.0) as there:
        monkeypatch.setattr(keeping, "read_access", broken)
        says(file, "{}")
        assert [await there.status(user=each) for each in (RIGHT, "")] == [200, 401]
        monkeypatch.undo()
        assert [bool((await there.access.now()).users) for _ in range(2)] == [True, False]
        assert await there.status() == 200
    assert [each.__dict__["why"] for each in caplog.records if each.levelno == logging.ERROR] == [
        "a defect: RecursionError while it was read"
    ]


async def test_files_that_hang_hold_up_nobody_for_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async def hang(*_: object) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(KeptAccess, "_refresh", hang)
    kept, began = KeptAccess(tmp_path / "web.yaml"), trio.current_time()
    assert await kept.now() is OPEN
    assert trio.current_time() - began == keeping.PATIENCE


def test_contexts_give_no_tickets(papers: Papers, tmp_path: Path) -> None:
    """By a ticket somebody could come in whom a later file keeps out."""
    pair = {"cert_file": f"{papers.folder}/server.pem", "key_file": f"{papers.folder}/server-key.pem"}
    says(tmp_path / "web.yaml", json.dumps({"tls_server_config": pair}))
    context = KeptAccess.open(tmp_path / "web.yaml").last.context
    assert context is not None
    assert context.num_tickets == 0
    assert context.options & ssl.OP_NO_TICKET
