"""``reactor top``: frames of any width, keys, hostile answers, and the command on a real monitor."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
import trio
from rich.console import Console

from reactor.app.cli import main
from reactor.app.complaint import Complaint
from reactor.app.options import parser
from reactor.app.top.frame import Sheet, frame, spark
from reactor.app.top.screen import keys
from reactor.app.top.source import Look, source_of
from reactor.app.top.view import View, pressed
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


@pytest.mark.parametrize("width", [40, 64, 80, 96, 126, 200])
def test_a_frame_fits_its_width_and_its_height(width: int) -> None:
    """What does not fit is left out, the nearest limit last of all."""
    text = drawn(look(*(row(f"c{n}" * 9) for n in range(50))), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) <= 30
    assert "95%" in text
    assert ("5 MiB" in text) == (width >= 96)
    assert ("0.25" in text) == (width >= 126)


def test_unknown_is_no_zero() -> None:
    text = drawn(
        look(row("a", status="unknown", pids=None, memory=None, cpu=None, age=None, nearest=None)), 140
    )
    assert "no readings" in text
    assert text.count("—") >= 5
    assert spark([1, None, 4], 3).plain == "▃ █"
    assert spark([0, 0], 2).plain == "▁▁"
    assert spark(None, 3).plain == "   "


def test_strangers_words_are_no_markup_and_steer_no_terminal() -> None:
    rows = [row(text, id="a", nearest={"rule": text, "field": text, "share": 0.5}) for text in HOSTILE]
    odd = [row("a", status=text, pids=text, age=text, nearest=text) for text in HOSTILE]
    text = drawn(look(*rows, *odd, engine=HOSTILE[4], remark=HOSTILE[3], not_ready=HOSTILE[6]), 160, 60)
    assert all(line.isprintable() for line in text.splitlines())
    assert "[bold red]marked" in text
    odd_answers = Look({"rules": [], "cost": "x"}, {"containers": [1, None, {}], "counts": 5}, [{"at": "x"}])
    assert drawn(odd_answers)


def test_what_is_old_is_said_to_be_old_and_ascii_is_enough() -> None:
    assert "reconnecting…, as of" in drawn(look(row("a")), lost="no monitor answers")
    # Two signs are left, and written as question marks where they cannot be shown.
    assert drawn(look(row("a")), 140, rich=False).replace("—", "-").replace("…", "-").isascii()
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
        (["--url", "https://x", "--ca", "/nowhere"], "--ca /nowhere: No such file"),
        (["--user", "me", "--password-file", "/nowhere"], "--password-file /nowhere: No such file"),
    ],
)
def test_a_mistake_is_one_sentence(flags: list[str], said: str) -> None:
    with pytest.raises(Complaint) as caught:
        source_of(options(*flags))
    assert said in caught.value.lines[0]


def test_a_password_goes_as_basic_auth_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("secret\nmore\n")
    source = source_of(options("--user", "me", "--password-file", str(tmp_path / "p")))
    assert source.headers == {"Authorization": "Basic bWU6c2VjcmV0"}
    assert "bWU6" not in repr(source)


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
