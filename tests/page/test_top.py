"""``reactor top``: frames of any width, keys, hostile answers, and the command on a real monitor."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
from rich.console import Console

from reactor.app.cli import main
from reactor.app.complaint import Complaint
from reactor.app.options import parser
from reactor.app.top.frame import Sheet, frame
from reactor.app.top.screen import keys
from reactor.app.top.sheet import spark
from reactor.app.top.source import USUAL, Look, source_of
from reactor.app.top.view import View, pressed
from reactor.http.server import Answer, Request, Response
from tests.access.papers import make_papers
from tests.access.scene import scene as access_scene
from tests.page.scene import SHIPPED, scene
from tests.page.test_page_api import HOSTILE, PARTS, settled


def row(name: str, **changes: Any) -> dict[str, Any]:
    nearest = {
        "rule": "safety/pids", "field": "pids", "unit": "count", "value": 190, "bound": 200.0, "share": 0.95,
        "dry_run": False,
    }  # fmt: skip
    base = {
        "id": name, "name": name, "status": "near", "pids": 190, "memory": 5 * 1024**2, "cpu": 0.25,
        "age": 3700.0, "nearest": nearest,
    }  # fmt: skip
    return base | changes


def look(*rows: dict[str, Any], **status: Any) -> Look:
    told = {"engine": "host", "ready": True, "uptime": 5, "rules": {"loaded": 4}, **status}
    decision = {"at": 0, "name": "gone", "action": "kill", "result": "done", "rule": "r", "reason": "why"}
    lines = {"a": {"pids": [1, 2, None, 4], "memory": [1, 2, 3]}}
    counts = {"near": len(rows)}
    containers = {"containers": list(rows), "counts": counts, "history": {"lines": lines}}
    return Look(told, containers, [decision])


def drawn(seen: Look, width: int = 100, height: int = 30, view: View | None = None, **sheet: Any) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"), color_system=None)  # noqa: SIM115 - as long as the console.
    with console.capture() as capture:
        console.print(frame(seen, view or View(), Sheet(width, height, **sheet)))
    console.file.close()
    return capture.get()


@pytest.mark.parametrize("height", [7, 10, 17, 18, 24, 30])
@pytest.mark.parametrize("width", [40, 64, 80, 96, 126, 200])
def test_a_frame_fits_its_width_and_its_height(width: int, height: int) -> None:
    """What does not fit is left out, the nearest limit last of all; each line is used."""
    many = look(*(row(f"c{n}" * 9) for n in range(50)))
    decisions = many.decisions * 20
    text = drawn(replace(many, decisions=decisions), width, height)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == height
    assert text.count("95%") >= 2
    assert "gone" in text
    assert ("5 MiB" in text) == (width >= 96)
    assert ("0.25" in text) == (width >= 126)


def test_unknown_is_no_zero() -> None:
    text = drawn(
        look(row("a", status="unknown", pids=None, memory=None, cpu=None, age=None, nearest=None)), 140
    )
    assert "no readings" in text
    assert text.count("—") >= 5
    assert spark([1, None, 4], 3).plain == "▁ █"
    assert spark([0, 0], 2).plain == "▁▁"
    assert spark([100, 101, 100], 3).plain == "▄▅▄"
    assert spark(None, 3).plain == "   "


def test_strangers_words_are_no_markup_and_steer_no_terminal() -> None:
    rows = [row(text, id="a", nearest={"rule": text, "field": text, "share": 0.5}) for text in HOSTILE]
    odd = [row("a", status=text, pids=text, age=text, nearest=text) for text in HOSTILE]
    text = drawn(look(*rows, *odd, engine=HOSTILE[4], remark=HOSTILE[3], not_ready=HOSTILE[6]), 160, 60)
    assert all(line.isprintable() for line in text.splitlines())
    assert "[bold red]marked" in text
    odd_answers = Look({"rules": [], "cost": "x"}, {"containers": [1, None, {}], "counts": 5}, [{"at": "x"}])
    assert drawn(odd_answers)


def test_canaries_hide_nobody_who_was_ended() -> None:
    """One that came off is nothing to look at; one that did not is."""
    usual = {"name": "reactor-canary-1", "rule": "canary", "result": "done", "action": "kill"}
    seen = look(row("a"))
    text = drawn(replace(seen, decisions=[usual] * 99 + seen.decisions))
    assert "gone" in text
    assert "reactor-canary" not in text
    assert "nothing but canaries was ended" in drawn(replace(seen, decisions=[usual]))
    assert "reactor-canary" in drawn(replace(seen, decisions=[usual | {"result": "failed", "why": "wedged"}]))


def test_what_is_old_is_said_to_be_old_and_ascii_is_enough() -> None:
    assert "reconnecting…, as of" in drawn(look(row("a")), lost="no monitor answers")
    narrow = drawn(
        look(row("long" * 20, nearest=None), cost={}), 40, 10, View(text="x", typing=True), rich=False
    )
    assert narrow.isascii()
    assert drawn(look(row("a")), 140, rich=False, lost="nobody").isascii()
    assert "NOT READY: the event stream is not up" in drawn(
        look(ready=False, not_ready="the event stream is not up")
    )
    assert "no container runs" in drawn(look())
    assert "nothing is like that" in drawn(look(), view=View(text="x"))


def test_keys_change_the_view() -> None:
    def after(view: View, *names: str) -> View:
        for name in names:
            found = pressed(view, name)
            assert found is not None
            view = found
        return view

    assert after(View(), "m").sort == "-memory"
    assert after(View(), "m", "m").sort == "memory"
    assert after(View(), "n", "n").sort == "-name"
    assert after(View(), "/", "q", "x", "backspace", "enter").query["q"] == "q"
    assert after(View(), "/", "q", "escape") == View()
    assert after(View(), "j", "j", "k").first == 1
    assert after(View(), "up").first == 0
    scrolled = pressed(View(first=1), "b", 3), pressed(View(first=1), " ", 3), pressed(View(), "j", 0)
    assert [each.first for each in scrolled if each] == [0, 2, 0], "there is nothing behind the last row"
    assert pressed(View(), "q") is None
    assert pressed(View(typing=True), "ctrl-c") is None
    assert keys(b"\x1b[Aj\x1b\x7f\r\xff") == ["up", "j", "escape", "backspace", "enter"]
    assert keys(b"\x1b[38;5m") == []


def options(*flags: str) -> argparse.Namespace:
    return parser().parse_args(["top", *flags])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--url", "localhost:9710"], "is no address"),
        (["--url", "http://"], "is no address"),
        (["--url", "http://x:99999"], "is no address"),
        (["--url", "https://x", "--ca-file", "/nowhere"], "certificates of authorities: /nowhere"),
        (["--url", "https://x", "--cert-file", "/nowhere"], "no certificate with its key: /nowhere"),
        (["--user", "me", "--password-file", "/nowhere"], "No such file or directory: /nowhere"),
        (["--user", "me"], "no password"),
        (["--url", "http://me:secret@x"], "does not belong in an address"),
        (["--url", "http://x", "--user", "me", "--password-file", "/dev/null"], "not sent without TLS"),
    ],
)
def test_a_mistake_is_one_sentence(flags: list[str], said: str) -> None:
    with pytest.raises(Complaint) as caught:
        source_of(options(*flags), {})
    assert said in caught.value.lines[0]
    assert "secret" not in " ".join(caught.value.lines)


def test_where_a_monitor_is_comes_from_flags_and_the_environment(tmp_path: Path) -> None:
    """As with all commands; a control socket has no page, and a password is not shown."""
    (tmp_path / "p").write_text("secret\nmore\n")
    there = {"REACTOR_CONTROL": "https://h:1/under/it", "REACTOR_USER": "me", "REACTOR_PASSWORD": "secret"}
    source = source_of(options(), there)
    assert (source.url, source.prefix) == ("https://h:1/under/it", "/under/it")
    assert source_of(options("--engine", "lab/2"), there).prefix == "/under/it/engines/lab%2F2"
    assert source_of(options("--engine", "lab"), {}).url == f"{USUAL}/engines/lab"
    assert source.headers["Authorization"] == "Basic bWU6c2VjcmV0"
    assert "bWU6" not in repr(source)
    by_file = source_of(options("--url", USUAL, "--user", "me", "--password-file", str(tmp_path / "p")), {})
    assert (by_file.url, by_file.headers) == (USUAL, source.headers)
    assert source_of(options(), {"REACTOR_CONTROL": "/run/reactor/x.sock"}).url == USUAL
    assert source_of(options("--url", "http://localhost"), there).url.startswith("http://localhost")


ASKED = """\
tls_server_config:
  cert_file: server.pem
  key_file: server-key.pem
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
"""


async def told_nothing(_: Request) -> Answer:
    """As little as a monitor can say."""
    return Response(200, b"{}", "application/json")


async def test_a_certificate_of_our_own_opens_what_asks_for_one(tmp_path: Path) -> None:
    papers = await trio.to_thread.run_sync(make_papers, tmp_path)
    (tmp_path / "web.yaml").write_text(ASKED)
    async with access_scene(tmp_path / "web.yaml", papers=papers, site=told_nothing) as there:
        url = ("--url", f"https://127.0.0.1:{there.port}", "--ca-file", str(tmp_path / "ca.pem"))
        pair = ("--cert-file", str(tmp_path / "client.pem"), "--key-file", str(tmp_path / "client-key.pem"))
        assert await source_of(options(*url, *pair), {})._ask("status") == {}
        variables = {"REACTOR_CERT_FILE": pair[1], "REACTOR_KEY_FILE": pair[3]}
        assert await source_of(options(*url), variables)._ask("status") == {}
        stranger = (pair[0], str(tmp_path / "stranger.pem"), pair[2], str(tmp_path / "stranger-key.pem"))
        for shown in ((), stranger):
            with pytest.raises(Complaint) as caught:
                await source_of(options(*url, *shown), {})._ask("status")
            assert "--cert-file" in " ".join(caught.value.lines)


async def test_the_command_on_a_monitor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One frame, one document, a sentence where nobody listens, and no colour where none is wanted."""
    async with scene(tmp_path, SHIPPED / "safety.yaml", PARTS) as played:
        await settled(played)
        url = f"http://127.0.0.1:{played.port}"
        code = await trio.to_thread.run_sync(main, ["top", "--once", "--url", url])
        text = capsys.readouterr().out
        assert code == 0
        assert "near-pids" in text
        assert "95%" in text
        assert all(line.isprintable() for line in text.splitlines())
        assert await trio.to_thread.run_sync(main, ["top", "--json", "--url", url]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["containers"]["total"] == len(PARTS)
    assert await trio.to_thread.run_sync(main, ["top", "--once", "--url", url]) == 2
    assert capsys.readouterr().err == f"reactor: no monitor answers at {url}: is it running, with --listen?\n"
