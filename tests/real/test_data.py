"""Data folders on a real engine: a prune spares whatever a container has, whether it runs or not."""

import json
from pathlib import Path
from typing import Any

import pytest

from reactor.app.cli import main
from reactor.core.recipes import plain_name
from reactor.data.root import Root
from tests.data.build import filled, home, tree
from tests.real import deeds
from tests.real.scene import Scene
from tests.tooling.containers import unique_name

TASKS = ("exited", "created", "wished", "volume", "living", "over", "free")


def test_a_prune_spares_what_any_container_binds(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Exited, never started, by a volume that is a folder, by a task that lives; the rest goes when told."""
    root, client = scene.folder / "data", scene.containers.client
    with Root.open(root) as opened:
        paths = {task: filled(opened, task, "pg") for task in TASKS}
        filled(opened, "-", "models", shared=True)
        folders = {task: home(opened, task) for task in TASKS}
    options = {"type": "none", "o": "bind", "device": str(paths["volume"])}
    volume = client.volumes.create(name=unique_name(), driver="local", driver_opts=options)
    try:
        api = client.api
        api.wait(scene.run(deeds.sh("echo more > /data/more"), **_bind(paths["exited"])))
        scene.create(**_bind(folders["created"]))
        scene.create(mounts=[{"Type": "bind", "Source": str(paths["wished"]), "Target": "/data"}])
        scene.run(task="living")
        api.wait(scene.run(deeds.sh("true"), task="over"))
        before = {task: tree(folder) for task, folder in folders.items()}
        assert _prune(scene, root, capsys)["would_go"] != []
        assert {task: tree(folder) for task, folder in folders.items()} == before
        told = _prune(scene, root, capsys, "--yes")
    finally:
        volume.remove()
    assert {each["task"] for each in told["removed"]} == {"over", "free"}
    assert {each["task"] for each in told["stays"]} == {*TASKS} - {"over", "free"}
    for task, folder in folders.items():
        assert folder.exists() == (task not in {"over", "free"}), task
        assert not folder.exists() or tree(folder) == before[task]
    assert (paths["exited"] / "more").read_text() == "more\n"
    assert (root / "shared/models/kept").exists()
    assert {each.name for each in (root / "tasks").iterdir()} == {
        plain_name(task) for task in TASKS if task not in {"over", "free"}
    }


def _bind(source: Path) -> dict[str, Any]:
    return {"volumes": {str(source): {"bind": "/data", "mode": "rw"}}}


def _prune(scene: Scene, root: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> Any:
    config = scene.folder / "data.yaml"
    config.write_text(f"data: {{root: {root}}}\n{scene.names.configured()}")
    engine = ("--docker-host", scene.containers.docker_host)
    command = ["data", "prune", "--older-than", "1ms", "--json", "--config", str(config), *engine, *flags]
    assert main(command) == 0
    return json.loads(capsys.readouterr().out)
