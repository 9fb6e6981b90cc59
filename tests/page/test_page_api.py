"""The API of the status page, asked over a real socket while the real monitor works on the embedded
engine."""

import gzip
import re
from pathlib import Path

import pytest
import trio

from reactor.app.page.rows import Status
from reactor.testing.tasks import Forks
from reactor.web.files import POLICY, page_files
from reactor.web.overview import overview
from reactor.web.page_api import page
from tests.page.asking import ask, listening
from tests.page.scene import HOUR, SHIPPED, Breathes, Part, Scene, scene

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
SAFETY = SHIPPED / "safety.yaml"

HOSTILE = (
    '<img src=x onerror="window.pwned=1">',
    "</script><script>window.pwned=1</script>",
    '" onmouseover="window.pwned=1" x="',
    "two\r\nlines\n\nevent: decision\ndata: {}\n\n",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "[bold red]marked[/bold red] [link=http://example.org]x[/link]",
    "\u202egpj.exe\u2066",
    "long " + "x" * 5000,
    "nul\0 and \ud800 half".encode("utf-8", "replace").decode(),
    "日本語 👩‍👩‍👧 é",
)

PARTS = [
    Part("near-pids", Breathes(pids=190, swing=0.0)),
    Part("calm", Breathes(pids=4, swing=0.0), 2 * HOUR),
    Part("calm-db", Breathes(pids=3), HOUR, "postgres:16", of="calm"),
    Part("stranger", Breathes(pids=900, swing=0.0), labels={}, pids=None),
    Part("spared", Breathes(pids=230, swing=0.0), labels={"reactor.task": "spared", "reactor.skip": ""}),
    *(
        Part(f"hostile-{number}", Breathes(pids=2), 60, labels={"reactor.task": text, "reactor.owner": text})
        for number, text in enumerate(HOSTILE)
    ),
]


async def settled(played: Scene) -> None:
    """Wait until readings of all have come in."""
    with trio.fail_after(20):
        while True:
            told = (await ask(played.port, "/api/v1/containers?limit=500")).told
            if told["total"] >= len(PARTS) and not told["counts"].get("unknown"):
                return
            await trio.sleep(0.1)


async def test_what_is_told_of_a_host(tmp_path: Path) -> None:
    """One scene, many questions: containers, health, rules, lists, the stream, hostile words, an end."""
    async with scene(tmp_path, SAFETY, PARTS) as played:
        await settled(played)
        await containers_are_told(played)
        await nobody_is_trusted(played)
        await the_monitor_is_told(played)
        await an_end_is_told_at_once(played)


async def containers_are_told(played: Scene) -> None:
    port = played.port
    told = (await ask(port, "/api/v1/containers?limit=3&history=yes")).told
    first = told["containers"][0]
    assert (first["name"], first["status"]) == ("near-pids", "near")
    near = first["nearest"]
    assert (near["rule"], near["field"], near["value"], near["bound"]) == ("safety/pids", "pids", 190, 200)
    assert near["share"] == pytest.approx(0.95)
    assert (len(told["containers"]), told["total"]) == (3, len(PARTS))
    assert sum(told["counts"].values()) == len(PARTS)
    spared = (await ask(port, "/api/v1/containers?status=watched,skipped&sort=name")).told["containers"]
    assert [each["name"] for each in spared] == ["spared", "stranger"]
    # Nobody reads what nobody needs: unknown, and no zero.
    assert [(each["pids"], each["memory"], each["nearest"]) for each in spared] == [(None, None, None)] * 2
    sidecar = (await ask(port, "/api/v1/containers?q=CALM-db")).told["containers"]
    assert [(each["standing"], each["task"]) for each in sidecar] == [("sidecar", "calm")]
    one = (await ask(port, "/api/v1/containers/calm")).told
    assert (one["row"]["name"], one["sidecars"], one["alive"]) == ("calm", ["calm-db"], True)
    assert {rule["rule"] for rule in one["rules"]} == {
        "safety/lifetime", "safety/pids", "safety/memory", "safety/oom",
    }  # fmt: skip
    assert (await ask(port, "/api/v1/containers/nobody")).status == 404
    assert (await ask(port, f"/api/v1/containers/{one['id'][:12]}")).told["name"] == "calm"
    for bad in ("sort=size", "limit=0", "limit=501", "limit=x", f"q={'x' * 101}", "offset=-1"):
        assert (await ask(port, f"/api/v1/containers?{bad}")).status == 400, bad
    assert (await ask(port, "/api/v1/containers", "POST")).status == 405


async def nobody_is_trusted(played: Scene) -> None:
    """Strangers' words come as one printable line of a bounded length, everywhere."""
    for path in ("containers?limit=500", "containers/hostile-3", "containers/hostile-7"):
        body = (await ask(played.port, f"/api/v1/{path}")).body.decode()
        assert body.rstrip("\n").isprintable(), path
        assert "x" * 1000 not in body
    rows = (await ask(played.port, "/api/v1/containers?q=hostile&limit=500")).told["containers"]
    assert len(rows) == len(HOSTILE)
    assert any(each["task"] == HOSTILE[0] for each in rows), "what is printable is told as it is"


async def the_monitor_is_told(played: Scene) -> None:
    port = played.port
    status = (await ask(port, "/api/v1/status")).told
    assert (status["ready"], status["engine"], status["dry_run"]) == (True, "build-host-3", False)
    assert status["events"]["up"] is True
    assert status["journal"]["healthy"] is True
    assert (status["lane"], status["hold"], status["silences"]) == (None, None, [])
    rules = (await ask(port, "/api/v1/rules")).told["rules"]
    pids = next(rule for rule in rules if rule["name"] == "safety/pids")
    assert (pids["condition"], pids["state"], pids["action"]) == ("pids > 200", "live", "kill")
    assert (pids["holds"], pids["unknown"], pids["selects"]) == (0, 0, len(PARTS) - 2)
    assert re.fullmatch(r".*safety\.yaml:\d+", pids["place"])
    lists = (await ask(port, "/api/v1/reconciles")).told["reconciles"]
    assert lists[-1]["listed"] == len(PARTS)
    assert lists[0]["at"] >= lists[-1]["at"]


async def an_end_is_told_at_once(played: Scene) -> None:
    """The stream begins with everything, tells of an end, and goes on behind it after a break."""
    async with listening(played.port, "limit=500") as stream:
        await stream.until("hello")
        whole = await stream.until("containers")
        assert len(whole["containers"]) == len(whole["ids"]) == len(PARTS)
        await stream.until("status")
        await played.storm(Forks(400), "bomb")
        decision = await stream.until("decision", name="bomb")
        cursor = stream.seen[-1][1]
        gone = next(each for each in stream.seen[::-1] if each[0] == "containers")[2]
        assert len(gone["containers"]) <= len(PARTS), "only what changed is told again"
    assert (decision["rule"], decision["result"], decision["ended_by"]) == ("safety/pids", "done", "reactor")
    await played.storm(Forks(400), "bomb-2")
    async with listening(played.port, last=cursor) as stream:
        await stream.until("decision", name="bomb-2")
        assert not [each for each in stream.seen if each[0] == "decision" and each[2]["name"] == "bomb"]
        assert "bomb" not in str((await stream.until("containers"))["containers"])
    latest = (await ask(played.port, "/api/v1/decisions?before=now&limit=1")).told
    assert [each["name"] for each in latest["decisions"]] == ["bomb-2"]
    older = (await ask(played.port, f"/api/v1/decisions?before={latest['cursor']}&limit=1")).told
    assert [each["name"] for each in older["decisions"]] == ["bomb"]
    certificate = (await ask(played.port, f"/api/v1/decisions/{decision['id']}")).told
    assert certificate["grounds"]["rule"]["condition"] == "pids > 200"
    for bad in ("x", "1", "-", "zz-9" + "9" * 30):
        assert (await ask(played.port, f"/api/v1/decisions?before={bad}")).status in {400, 410}, bad


async def test_files_are_served_with_a_policy_and_only_when_they_changed(tmp_path: Path) -> None:
    """Packed for those who can unpack, told apart by a tag; nothing of an address is a path."""
    async with scene(tmp_path, SAFETY, PARTS[:1]) as played:
        port = played.port
        html = await ask(port, "/", headers={"Accept": "text/html"})
        assert (html.status, html.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert html.headers["content-security-policy"] == POLICY
        assert b"<script>" not in html.body
        assert b"style=" not in html.body
        plain = await ask(port, "/", headers={"Accept": "*/*"})
        assert plain.headers["content-type"].startswith("text/plain")
        script = await ask(port, "/static/app.js")
        packed = await ask(port, "/static/app.js", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == script.body
        same = await ask(port, "/static/app.js", headers={"If-None-Match": script.headers["etag"]})
        assert (same.status, same.body) == (304, b"")
        for path in ("/static/", "/static/../files.py", "/static/%2e%2e/files.py", "/static/app.py"):
            assert (await ask(port, path)).status == 404, path


def test_the_page_asks_for_its_own_files_only() -> None:
    """What a file names is there, and no file names a place elsewhere but the name of a drawing's
    language."""
    routes, folder = page_files(), SHIPPED.parent / "reactor" / "web" / "static"
    for file in folder.iterdir():
        text = file.read_text()
        named = re.findall(r'from "\./([\w.]+)"|"static/([\w.]+)"', text)
        assert all(f"/static/{one or other}" in routes for one, other in named), file.name
        assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}, file.name
        # Below a path of its own it asks for what is below that: nothing begins at the top.
        assert not re.search(
            r"""(href|src|action)["']?\s*[=:]\s*["'`]/|\(\s*["'`]/[\w`]|from\s+["']/""", text
        )
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", text
        )


def test_the_document_has_every_route_and_no_other() -> None:
    """And every status that a container can have."""
    text = DOCUMENT.read_text()
    documented = set(re.findall(r"^### `GET (\S+)`$", text, re.MULTILINE))

    class Nobody:
        def watch(self) -> None:
            """Never asked here."""

    routes = page(Nobody(), Nobody())  # type: ignore[arg-type]  # Only the paths are looked at.
    served = {
        path.replace("*", "ID") for path in (*routes, *overview(lambda: (), "")) if path.startswith("/api/")
    }
    assert documented == served
    assert {method for methods in routes.values() for method in methods} == {"GET"}, "questions only"
    assert all(f"`{status}`" in text for status in Status)
