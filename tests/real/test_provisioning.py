"""Sidecars made beside tasks, on a real engine: in order and back, their data kept, whoever is killed.

A port that is taken is tried on the embedded engine alone (``tests/app``): this engine has no bridge.
"""

import json
import threading
from functools import partial
from pathlib import Path
from typing import Any, Self

from reactor.core.recipes import DIGEST_LABEL, TEMPLATE_LABEL, made_name
from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import Scene
from tests.real.waiting import until
from tests.tooling.containers import unique_name
from tests.tooling.patience import patient
from tools.private_engine import TEST_IMAGE

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
TIER = {"tier": "web"}
SERVE = 'trap "exit 0" TERM; while true; do sleep 0.05; done'
STORM_ON_DEMAND = deeds.sh(f"while [ ! -e /go ]; do sleep 0.1; done; {deeds.STORM[-1]}")


def rules(seconds: float) -> str:
    """A database that is ready after so many seconds, and one that needs it."""
    return f"""\
groups:
  - name: safety
    rules: [{{name: pids, when: pids > 200}}]
templates:
  db:
    image: {TEST_IMAGE}
    command: [sh, -c, 'sleep {seconds:g}; echo "$$REACTOR" >> /data/file; touch /ready; {SERVE}']
    environment: {{REACTOR: "${{REACTOR_TASK}}"}}
    volumes: ["${{REACTOR_DATA}}/db:/data"]
    healthcheck: {{test: [CMD, test, -e, /ready], interval: 1s, retries: 30}}
    network_mode: none
    pids_limit: 20
    mem_limit: 32m
  api:
    image: {TEST_IMAGE}
    command: [sh, -c, '{SERVE}']
    depends_on: {{db: {{condition: service_healthy}}}}
    network_mode: main
    pids_limit: 20
    mem_limit: 32m
sidecars:
  - {{name: beside, select: [{{label: tier=web}}], templates: [db, api], hold: true}}
"""


IGNORE = "x-reactor: {on_failure: ignore}"
BROKEN = f"""\
templates:
  nothing: {{image: {TEST_IMAGE}, command: [/no/such/program], network_mode: none, {IGNORE}}}
  away: {{image: "nobody/has-this:1", network_mode: none, {IGNORE}}}
  outside:
    image: {TEST_IMAGE}
    command: [sleep, "1000"]
    network_mode: none
    volumes: ["${{REACTOR_SHARED}}/link:/data:ro"]
    {IGNORE}
sidecars:
  - {{name: broken, select: [{{label: tier=web}}], templates: [nothing, away, outside]}}
"""


def config(folder: Path) -> str:
    """Where data lies."""
    return f"data: {{root: {folder / 'data'}}}\n"


def made(scene: Scene, task: str) -> dict[str, dict[str, Any]]:
    """What there is of a task's sidecars, by their templates, from the engine's own list."""
    wanted = {f"/{made_name(task, each)}": each for each in ("db", "api")}
    rows = scene.containers.client.api.containers(all=True)
    return {wanted[row["Names"][0]]: row for row in rows if row["Names"][0] in wanted}


def up(scene: Scene, task: str, main: str) -> dict[str, dict[str, Any]]:
    """Both, when they are up and the main goes on; else nothing."""
    found = made(scene, task)
    ready = [name for name, row in found.items() if row["State"] == "running"]
    state = scene.truth.state(main)
    healthy = "db" in ready and "healthy" in found["db"]["Status"] and "un" not in found["db"]["Status"]
    return found if sorted(ready) == ["api", "db"] and healthy and not state["Paused"] else {}


def strangers(scene: Scene) -> tuple[str, ...]:
    """Those who nearly look as if we had made them: each lacks one thing."""
    names = scene.names
    labels = {names.sidecar_of: "other", TEMPLATE_LABEL: "db", DIGEST_LABEL: "0123456789abcdef"}
    scene.run(task="other")
    another_name = scene.run(deeds.SERVE, labels=labels)
    without_digest = scene.run(
        deeds.SERVE,
        name=made_name("other", "db"),
        labels={key: value for key, value in labels.items() if key != DIGEST_LABEL},
    )
    longer_name = scene.create(name=made_name("t", "db") + "-2", labels={TEMPLATE_LABEL: "db"})
    return another_name, without_digest, longer_name


def of_its_image(scene: Scene) -> str:
    """One with the right name and all labels, but from its image: over for long, and nobody's of ours."""
    names, client = scene.names, scene.containers.client
    labels = {names.sidecar_of: "gone", TEMPLATE_LABEL: "db", DIGEST_LABEL: "0123456789abcdef"}
    blank = scene.create()
    image = client.api.commit(blank, repository=f"{names.task}-image".lower(), conf={"Labels": labels})["Id"]
    return scene.create(image=image, name=made_name("gone", "db"))


def test_they_come_in_order_and_go_in_reverse_and_their_data_stays(lone_scene: Scene) -> None:
    """The main is held meanwhile, ended by a rule, and finds its data when it comes again."""
    scene, root = lone_scene, lone_scene.folder
    near = (*strangers(scene), of_its_image(scene))
    with scene.monitor(rules=rules(2), config=config(root)) as monitor:
        main = scene.run(STORM_ON_DEMAND, task="t", labels=TIER, **LIMITS)
        until(lambda: scene.truth.state(main)["Paused"], 10, "it is held")
        until(lambda: up(scene, "t", main), 30, "both are up")
        db, api = (made(scene, "t")[each]["Id"] for each in ("db", "api"))
        began = {each: scene.truth.inspect(each) for each in (db, api)}
        assert _started(began[api]) > _started(began[db])
        assert _limited(began[db]) == (20, 32 << 20, 2_000_000_000, True)
        # Not from its start on: it was held until the two were up, however long that took.
        scene.guilty(main, since=scene.truth.now())
        scene.containers.client.api.exec_start(
            scene.containers.client.api.exec_create(main, ["touch", "/go"])["Id"]
        )
        until(lambda: not made(scene, "t"), 30, "both are removed")
        until(lambda: scene.truth.events(db, "destroy"), 10, "so it is told, and all that was before")
        (died_main, died_api, died_db) = (scene.truth.lives(each)[0].died or 0 for each in (main, api, db))
        assert died_main < died_api < died_db
        asked = scene.truth.events(db, "kill")[0].nano
        assert died_api < asked, "the next is asked when the one before is over"
        (file,) = (root / "data" / "tasks").glob("*/db/file")
        assert file.read_text() == "t\n"
        ends = {
            each: until(partial(monitor.closed, each), 15, "it is on record")[0] for each in (main, api, db)
        }
        assert {ends[each]["cause"] for each in (api, db)} == {ends[main]["id"]}
        again = scene.run(task="t", labels=TIER)
        until(lambda: up(scene, "t", again), 30, "both are up again")
        assert file.read_text() == "t\nt\n"
        scene.containers.client.api.stop(again, timeout=0)
        until(lambda: not made(scene, "t"), 30, "both are removed")
        assert [scene.truth.state(each)["Running"] for each in near] == [True, True, False, False]
        scene.verdict()


def _started(found: Any) -> str:
    return str(found["State"]["StartedAt"])


def _limited(found: Any) -> tuple[Any, ...]:
    host = found["HostConfig"]
    return host["PidsLimit"], host["Memory"], host["NanoCpus"], host["Init"]


MOMENTS = (
    ("db", "create"),
    ("db", "start"),
    ("db", "health_status: healthy"),
    ("api", "create"),
    ("api", "start"),
    ("", "unpause"),
)
"""The steps by which a task gets its sidecars, as the engine tells of them."""


class Ear:
    """Hears what an engine tells of containers, from ``with`` on: by their names, in order."""

    def __init__(self, scene: Scene) -> None:
        filters = {"type": "container", "event": ["create", "start", "health_status", "unpause"]}
        self._stream = scene.containers.client.events(decode=True, filters=filters)
        self._heard: list[tuple[str, str]] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="ear")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._thread.join()

    def _listen(self) -> None:
        for each in self._stream:
            with self._news:
                self._heard.append((each["Actor"]["Attributes"].get("name", ""), each["Action"]))
                self._news.notify_all()

    def wait_for(self, name: str, action: str) -> None:
        """Wait until this is told of this container."""
        with self._news:
            assert self._news.wait_for(lambda: (name, action) in self._heard, patient(40)), (name, action)

    def count(self, name: str, action: str) -> int:
        """How often it was told."""
        return self._heard.count((name, action))


def test_a_monitor_that_is_killed_at_every_step_changes_nothing_in_the_end(lone_scene: Scene) -> None:
    """A task for each of the steps: at the step the monitor is killed, and another one begins."""
    scene = lone_scene
    mains: dict[str, str] = {}
    with Ear(scene) as ear, scene.monitor(rules=rules(0.2), config=config(scene.folder)) as monitor:
        for number, (template, action) in enumerate(MOMENTS):
            task = f"t{number}"
            name = unique_name()
            mains[task] = scene.run(task=task, labels=TIER, name=name)
            ear.wait_for(made_name(task, template) if template else name, action)
            monitor.kill9()
            monitor.start()
        monitor.wait_ready()
        for task, main in mains.items():
            until(partial(up, scene, task, main), 40, f"{task} has what it needs")
            made_once = [ear.count(made_name(task, each), "create") for each in ("db", "api")]
            assert made_once == [1, 1], task
        assert all(scene.truth.state(main)["Running"] for main in mains.values())
        for main in mains.values():
            scene.containers.client.api.kill(main)
        for task in mains:
            until(partial(_is_gone, scene, task), 40, f"nothing is left of {task}")
        assert len(list((scene.folder / "data" / "tasks").glob("*/db/file"))) == len(MOMENTS)


def _is_gone(scene: Scene, task: str) -> bool:
    return not made(scene, task)


def test_what_cannot_be_had_is_a_clear_error_and_leaves_nothing(lone_scene: Scene) -> None:
    """A program that is not there, an image, a link out of the root: each is named, and the others go on."""
    scene = lone_scene
    shared = scene.folder / "data" / "shared"
    shared.mkdir(parents=True)
    (shared / "link").symlink_to("/etc")
    with scene.monitor(rules=BROKEN, config=config(scene.folder)) as monitor:
        main = scene.run(task="t", labels=TIER)
        scene.innocent(main)
        until(lambda: len(_errors(monitor)) == 3, 20, "each is an error")
        errors = _errors(monitor)
        assert {name: why for name, (why, _) in errors.items()} == {
            "nothing": "start",
            "away": "image",
            "outside": "bind",
        }
        assert "pull it there first" in errors["away"][1]
        assert "link" in errors["outside"][1]
        rows = scene.containers.client.api.containers(all=True)
        assert not [row for row in rows if TEMPLATE_LABEL in row["Labels"]], "nothing is half-left"
        assert len(monitor.said("a sidecar failed", task="t")) == 3
        assert monitor.metric("reactor_sidecar_failures_total", why="image") == 1
        scene.verdict()


def _errors(monitor: Monitor) -> dict[str, tuple[str, str]]:
    told = monitor.order("sidecars", "--json").stdout
    tasks = json.loads(told)["tasks"] if told else []
    return {
        one["template"]: (one["why"], one["error"])
        for task in tasks
        for one in task["sidecars"]
        if one["error"]
    }
