"""The page of the program itself, as ``reactor run`` starts it: it is there, and it can change nothing."""

from pathlib import Path

import trio
import trio.testing

from tests.app.embedded import monitored
from tests.page.asking import ask


async def test_the_program_shows_its_page(tmp_path: Path) -> None:
    """A container in scope is told of, and a stranger; no path takes anything but a question."""
    async with monitored(tmp_path) as (world, monitor):
        box = world.spawn(name="job", labels={"reactor.task": "t1"})
        world.spawn(name="stranger")
        port = int(monitor.address.rpartition(":")[2])
        seen: dict[str, str] = {}
        with trio.fail_after(30):
            while set(seen) != {"job", "stranger"} or seen["job"] != "ok":
                told = (await ask(port, "/api/v1/containers")).told
                seen = {each["name"]: each["status"] for each in told["containers"]}
                await trio.testing.wait_all_tasks_blocked(0.02)
        assert seen == {"job": "ok", "stranger": "watched"}
        assert (await ask(port, f"/api/v1/containers/{box.id}")).told["task"] == "t1"
        html = await ask(port, "/", headers={"Accept": "text/html,*/*"})
        assert b"<!doctype html>" in html.body
        for path in ("status", "containers", "rules", "decisions", "reconciles"):
            assert (await ask(port, f"/api/v1/{path}")).status == 200, path
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                assert (await ask(port, f"/api/v1/{path}", method)).status in {403, 405}, (method, path)
