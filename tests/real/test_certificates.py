"""Certificates and history of what really happened: a fork storm, an OOM, a cascade, strangers' ends.

The program is run as an operator runs it, on the journal of a monitor that is running.
"""

import json
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from tests.real import deeds
from tests.real.engines import hangs, wedge
from tests.real.monitor import Monitor, clean_environment, program
from tests.real.scene import ONLY_OOM, PROMISE, SHORT, Scene, lifetime
from tests.real.waiting import until
from tools import engine_api
from tools.private_engine import PrivateEngine

LAST_WORDS = "last words before the storm"
MOST_LISTED, CALM, MORE = 50, 180, 40
"""Processes on a certificate, those that stay below the limit of 200, and those that come on top of them.

A child that was forked a moment ago still has its parent's command line, and which of all are listed is up to
the kernel. So there are fewer of those that come last than are listed, and who came first is waited for.
"""
assert CALM + 2 < 200 < CALM + MORE
assert MORE + 2 < MOST_LISTED
SLEEPER = "sleep 100000"
STORM_LATER = deeds.sh(
    f"echo {LAST_WORDS}; {deeds.processes(CALM + 1)[-1].removesuffix('wait')}"
    f"while [ ! -e /go ]; do sleep 0.1; done; {deeds.processes(MORE + 1)[-1]}"
)


def look_back(monitor: Monitor, *order: str) -> str:
    """What the program prints."""
    command = program(order[0], "--journal", str(monitor.journal_file), *order[1:])
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def page_of(monitor: Monitor, wanted: str) -> str:
    """A certificate's page, which fits a screen."""
    page = look_back(monitor, "show", wanted)
    lines = page.splitlines()
    assert len(lines) <= 40, page
    assert max(map(len, lines)) <= 80, page
    return page


def certificate_of(monitor: Monitor, wanted: str) -> dict[str, Any]:
    """The same as a document."""
    told: dict[str, Any] = json.loads(look_back(monitor, "show", wanted, "--json"))
    return told


def is_complete(monitor: Monitor, container: str) -> bool:
    """Whether everything about its end is on the disk."""
    rows = monitor.rows(
        "SELECT c.log FROM intents i JOIN certificates c ON c.id = i.id"
        " JOIN exits e ON e.container = i.container WHERE i.container = ? AND i.final = 1",
        container,
    )
    return bool(rows and rows[0]["log"])


def is_followed(monitor: Monitor, container: str) -> bool:
    """Whether the monitor knows of a run of it."""
    return bool(monitor.rows("SELECT * FROM runs WHERE container = ?", container))


def sign_of(scene: Scene) -> Path:
    """The file that lets those of the scene go on who wait for it."""
    folder = scene.folder / "sign"
    folder.mkdir()
    return folder / "go"


def sleepers(processes: list[list[str]]) -> int:
    """How many of the processes that the engine lists are not a copy of their parent any more."""
    return sum(line[-1].startswith(SLEEPER) for line in processes)


def test_the_certificate_of_a_fork_storm(scene: Scene, watcher: Monitor) -> None:
    storm = scene.run(
        STORM_LATER,
        task="storm",
        pids=deeds.PIDS,
        # Whoever has no such policy may be ended directly, and then there is nobody left to be listed.
        restart="always",
        environment={"PASSWORD": "hunter2"},
    )
    scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="near", pids=deeds.PIDS))
    api = scene.containers.client.api
    until(lambda: sleepers(api.top(storm)["Processes"]) == CALM, 20, "all of them are what they will be")
    scene.guilty(storm, since=scene.truth.now())
    api.exec_start(api.exec_create(storm, ("touch", "/go")), detach=True)
    until(lambda: is_complete(watcher, storm), 30, "it is over and all of it is on record")
    scene.verdict()
    told = certificate_of(watcher, scene.charges.names[storm])
    assert certificate_of(watcher, told["id"][:10]) == told
    page = page_of(watcher, told["id"])
    assert told["container"] == storm
    assert (told["rule"], told["result"], told["why"], told["final"]) == (
        "safety/pids",
        "done",
        "ended",
        True,
    )
    assert re.fullmatch("[0-9a-f]{32}", told["trace"])
    assert told["grounds"]["rule"]["condition"] == "pids > 200"
    assert len(told["grounds"]["rule"]["digest"]) > 10
    assert told["readings"][-1]["pids"] > 200
    assert told["readings"][-1]["at"] == 0
    kill = next(call for call in told["calls"] if call["what"] == "kill")
    ending = told["ending"]
    assert kill["status"] == 204
    assert told["decided"] <= kill["at"] <= ending["died"] <= ending["at"] <= told["concluded"] + 1
    assert (ending["exit_code"], ending["cause"]) == (137, "reactor")
    assert ending["finished_at"] == scene.truth.state(storm)["FinishedAt"]
    assert told["log"]["text"].splitlines()[0] == LAST_WORDS
    assert LAST_WORDS in page
    assert "hunter2" not in page + json.dumps(told)
    listed = told["processes"]["processes"]
    assert any(command.startswith(SLEEPER) for _, _, command in listed)
    assert told["processes"]["more"] == (len(listed) == MOST_LISTED)


def test_the_certificate_of_an_oom(lone_scene: Scene) -> None:
    """The rule for memory itself is left out: it would be sooner than the kernel."""
    scene = lone_scene
    with scene.monitor(rules=ONLY_OOM) as monitor:
        hungry = scene.guilty(scene.run(deeds.OOM_CHILD, task="hungry", mem="32m"), since=None)
        until(lambda: is_complete(monitor, hungry), 30, "it is over and all of it is on record")
        told = certificate_of(monitor, hungry[:12])
        page = page_of(monitor, hungry[:12])
    assert (told["rule"], told["grounds"]["rule"]["on"]) == ("safety/oom", "oom")
    assert told["ending"]["oom"]
    assert "out of memory at some time" in page or "the kernel: out of memory" in page


def test_the_certificate_of_a_cascade_of_three(scene: Scene, watcher: Monitor) -> None:
    sign = sign_of(scene)
    main = scene.run(
        deeds.on_a_sign(deeds.STORM[-1]), task="three", pids=deeds.PIDS, **deeds.sees(sign.parent)
    )
    sidecars = [scene.run(deeds.SERVE, serves="three") for _ in range(3)]
    # Who is found after the main is over is no part of the cascade.
    for each in sidecars:
        until(partial(is_followed, watcher, each), 20, "its main has it")
    scene.guilty(main, since=scene.truth.now())
    sign.touch()
    for each in (main, *sidecars):
        until(partial(is_complete, watcher, each), 30, "it is over and on record")
    told = certificate_of(watcher, scene.charges.names[main])
    page = page_of(watcher, told["id"])
    assert {each["container"] for each in told["along"]} == set(sidecars)
    assert {(each["action"], each["result"], each["exit_code"]) for each in told["along"]} == {
        ("stop", "done", 0)
    }
    for each in told["along"]:
        assert each["certificate"] in page
        assert each["name"] in page
        own = certificate_of(watcher, each["certificate"])
        assert (own["cause"], own["trace"]) == (told["id"], told["trace"])
        assert own["ending"]["cause"] == "reactor"


def test_what_others_end_is_told_apart_from_what_ends_by_itself(scene: Scene, watcher: Monitor) -> None:
    """By the events that an engine tells before the death: somebody's kill, or somebody's stop."""
    sign = sign_of(scene)
    killed, stopped = scene.run(), scene.run(deeds.SERVE, task="stopped")
    hung_up = scene.run(deeds.on_a_sign("exit 3"), **deeds.sees(sign.parent))
    labelled = scene.run(labels={"signal": "nope"})
    itself = scene.run(deeds.exits(0, after=1), task="itself")
    each = (killed, stopped, hung_up, labelled, itself)
    api = scene.containers.client.api
    api.kill(hung_up, signal="SIGWINCH")
    sign.touch()
    api.kill(killed)
    api.kill(labelled)
    api.stop(stopped, timeout=5)
    until(lambda: all(watcher.exits(one) for one in each), 30, "all are on record")
    causes = {one: watcher.exits(one)[0]["cause"] for one in each}
    assert causes == {
        killed: "engine",
        stopped: "engine",
        hung_up: "itself",
        labelled: "itself",
        itself: "itself",
    }
    assert not any(watcher.intents(one) for one in each)
    history = look_back(watcher, "history", "--container", scene.charges.names[killed])
    assert re.search(rf"{scene.charges.names[killed]} +\(engine\) +- +ended +137", history)


def test_what_ended_while_the_monitor_was_away_is_in_the_history(lone_scene: Scene) -> None:
    """With the exit code that the engine still knows, and without one where it does not."""
    scene, sign = lone_scene, sign_of(lone_scene)
    code = scene.run(deeds.on_a_sign("exit 9"), task="code", **deeds.sees(sign.parent))
    removed = scene.run(task="removed")
    both = scene.create(deeds.exits(5), task="both")
    with scene.monitor() as monitor:
        until(lambda: len(monitor.rows("SELECT * FROM runs WHERE over = 0")) >= 2, 20, "they are followed")
        monitor.kill9()
        sign.touch()
        scene.remove(removed)
        scene.containers.client.api.start(both)
        until(lambda: scene.truth.state(code)["Status"] == "exited", 20, "it has ended")
        monitor.start()
        monitor.wait_ready()
        each = (code, both, removed)
        until(lambda: all(monitor.exits(one) for one in each), 20, "all are on record")
        found = {one: (monitor.exits(one)[0]["exit_code"], monitor.exits(one)[0]["cause"]) for one in each}
        assert found == {code: (9, "itself"), both: (5, "itself"), removed: (None, "unseen")}
        history = look_back(monitor, "history", "--json")
    lines = json.loads(history)["lines"]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert {(line["container"], line["exit_code"]) for line in lines} >= {
        (code, 9),
        (both, 5),
        (removed, None),
    }


def test_the_certificate_of_a_kill_in_which_the_monitor_was_killed(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """The next monitor says whose doing it most likely was, when it died, and takes the sidecar along."""
    scene = private_scene
    with scene.monitor(rules=lifetime(8)) as monitor:
        scene.bystanders()
        main = scene.run(task="t", labels={SHORT: ""})
        side = scene.run(deeds.SERVE, serves="t")
        alone = scene.run(deeds.SERVE)
        with wedge(private_engine, main):
            # An engine that is slow for other reasons is no sign: the intent comes before the kill.
            until(
                lambda: monitor.intents(main) and hangs(private_engine, main),
                20,
                "the engine is busy with the kill",
            )
            monitor.kill9()
        until(lambda: not scene.truth.state(main)["Running"], 20, "the engine has done as it was told")
        engine_api.call(private_engine.docker_host, "POST", f"/containers/{alone}/kill")
        monitor.start()
        monitor.wait_ready()
        scene.guilty(main, 8 + 2 * PROMISE, not_before=8)
        scene.guilty(side, since=scene.truth.lives(main)[0].died)
        until(
            lambda: [row["result"] for row in monitor.intents(side)] == ["done"], 30, "the sidecar went, too"
        )
        until(lambda: has_died(monitor, main), 10, "its death is on record, as the engine tells of it")
        heard_by = scene.truth.now()
        until(lambda: monitor.exits(alone), 10, "the other end is on record")
        told = json.loads(look_back(monitor, "history", "--json"))["lines"]
        lines = {line["container"]: line for line in told if not line["led_by"]}
        assert "done, likely ours" in look_back(monitor, "history")
        page = page_of(monitor, main[:12])
        certificate = certificate_of(monitor, main[:12])
    found = lines[main]
    assert (found["cause"], found["basis"], found["exit_code"]) == ("reactor", "intent", 137)
    assert "exit code 137, most likely ended by reactor" in page
    assert "the engine says that it died" in page
    ending = certificate["ending"]
    died = scene.truth.lives(main)[0].died
    assert died is not None
    # What the engine repeats of the last seconds counts from when it was heard, and that is when the next
    # monitor has begun, however long that takes.
    told_at = certificate["wall"] - certificate["decided"] + ending["died"]
    assert died / 1e9 - 1.0 < told_at < heard_by / 1e9 + 1.0
    assert ending["finished_at"] == scene.truth.state(main)["FinishedAt"]
    (along,) = certificate["along"]
    assert (along["container"], along["result"]) == (side, "done")
    assert (lines[alone]["cause"], lines[alone]["basis"]) == ("engine", ""), "somebody else killed it"
    scene.report(f"a monitor killed within its kill: {found['result']}, {found['cause']} by {found['basis']}")


def has_died(monitor: Monitor, container: str) -> bool:
    """Whether the moment of its death is on record."""
    return any(row["died"] is not None for row in monitor.exits(container))
