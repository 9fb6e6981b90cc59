"""Limits for whoever was started without, and leftovers that go: on a real engine, beside all that stays."""

import time
from typing import Any

from tests.real import deeds
from tests.real.monitor import SHIPPED_RULES
from tests.real.scene import Scene
from tests.real.truth import seconds
from tests.real.waiting import until
from tests.tooling.containers import unique_name

GIB = 1 << 30
IN_FORCE = "groups: [{name: limits, override: replace, defaults: {dry_run: false}}]\n"
AFTER = 6


def limits(scene: Scene, container: str) -> tuple[Any, ...]:
    """PIDs, memory, swap and processor time, by the engine's own word."""
    host = scene.containers.inspect(container)["HostConfig"]
    return host["PidsLimit"], host["Memory"], host["MemorySwap"], host["NanoCpus"]


def test_whoever_has_no_limits_gets_them_and_whoever_has_keeps_them(lone_scene: Scene) -> None:
    """The shipped rule, put in force as its page says; the skipped and the strangers stay as they are."""
    scene = lone_scene
    rules = scene.folder / "rules"
    rules.mkdir()
    (rules / "limits.yaml").write_text((SHIPPED_RULES / "limits.yaml").read_text())
    (rules / "site.yaml").write_text(IN_FORCE)
    own: dict[str, Any] = {"pids": 77, "mem": "64m", "nano_cpus": 500_000_000}
    limited = scene.run(task="limited", **own)
    half = scene.run(task="half", pids=77)
    spared = [scene.run(task="skipped", skip=""), scene.run(labels={f"{scene.names.task}x": ""})]
    before = {each: limits(scene, each) for each in (limited, *spared)}
    with scene.monitor(rules=rules):
        bare = scene.run(task="bare")
        scene.innocent(bare, half, limited, *spared)
        began = time.monotonic()
        wanted = (256, 8 * GIB, 8 * GIB, 2_000_000_000)
        until(lambda: limits(scene, bare) == wanted, 10, "the limits are there")
        took = time.monotonic() - began
        until(lambda: limits(scene, half) == (77, *wanted[1:]), 10, "only what was missing")
    assert took < 5
    assert {each: limits(scene, each) for each in before} == before
    scene.verdict()


def test_leftovers_go_and_their_data_stays(lone_scene: Scene) -> None:
    """Exited and never started ones; not what runs, is paused, comes back, is skipped, or is nobody's."""
    scene, client = lone_scene, lone_scene.containers.client
    volume = client.volumes.create(name=unique_name())
    mounts: dict[str, Any] = {"volumes": {volume.name: {"bind": "/data", "mode": "rw"}}}
    write = deeds.sh("echo precious > /data/kept")
    try:
        old, never = scene.run(write, task="old", **mounts), scene.create(task="never")
        running, paused = scene.run(task="running"), scene.run(task="paused")
        client.api.pause(paused)
        stays = [
            scene.run(deeds.sh("true"), task="skipped", skip=""),
            scene.run(deeds.sh("true"), labels={f"{scene.names.task}x": ""}),
            scene.create(task="comes-back", restart="unless-stopped"),
        ]
        scene.innocent(running, paused)
        with scene.monitor(config=f"leftovers: {{after: {AFTER}s}}\n") as monitor:
            until(lambda: not _listed(scene) & {old, never}, 30, "both are gone")
            # It must have seen them over for so long itself, and has from some moment after its start.
            assert seconds(scene.truth.now() - monitor.began) >= AFTER
            late = scene.run(deeds.sh("true"), task="late")
            assert _listed(scene) == {running, paused, late, *stays}
            done = monitor.rows("SELECT container, rule FROM intents WHERE dry_run = 0")
            assert {(row["container"], row["rule"]) for row in done} == {
                (old, "leftovers"),
                (never, "leftovers"),
            }
        scene.verdict()
        reader = scene.containers.run(deeds.sh("cat /data/kept"), **mounts)
        client.api.wait(reader)
        assert client.api.logs(reader) == b"precious\n"
    finally:
        scene.containers.remove_all()
        volume.remove()


def _listed(scene: Scene) -> set[str]:
    """Those of the scene that the engine knows, running or not."""
    rows = scene.containers.client.api.containers(all=True)
    return {row["Id"] for row in rows} & set(scene.charges.names)
