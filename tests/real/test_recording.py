"""Recordings of a real engine: replayed to the byte, compared, cut by a crash, and on a disk that is full."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from reactor.app.replay_story import canonical
from reactor.app.replaying import _recorded_rules
from reactor.app.sessions import Session, Survey, open_sessions
from reactor.core.facts import Happened, Sample, Seen, Snapshot, Tick
from reactor.recording.replaying import Replay
from tests.real import deeds
from tests.real.monitor import Monitor, clean_environment, program
from tests.real.scene import PROMISE, SHORT, Scene
from tests.real.test_disk import fill
from tests.real.waiting import until

NOTHING = "nothing can be recorded; the monitor goes on without it"
LIMITS: dict[str, Any] = {"pids": deeds.PIDS, "mem": deeds.MEMORY}
BETWEEN = 180
"""Processes: innocent by the rule that is in force, and not by the one that is compared with it."""
RULES = """\
groups:
  - name: safety
    rules:
      - {{name: pids, when: pids > {pids}}}
      - {{name: memory, when: 'memory > 80% && labels[?"test"].orValue("") != "oom"'}}
      - {{name: oom, on: oom}}
  - name: short
    select: [{{label: {short}}}]
    rules: [{{name: lifetime, when: age > 3s}}]
"""


def rules(pids: int = 200) -> str:
    return RULES.format(pids=pids, short=SHORT)


def recorded_to(folder: Path) -> str:
    """The configuration; without the gate, which would hold rules that end so many at once."""
    return f"record: {{folder: {folder}}}\ngate: {{off: true}}\n"


def reactor(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command of the program to its end."""
    return subprocess.run(
        program(*map(str, arguments)),
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def sessions(*paths: Path) -> list[Session]:
    return open_sessions(paths, _recorded_rules)


def surveyed(session: Session) -> Survey:
    survey = Survey()
    for each in session.items():
        survey.take(each)
    return survey


def replayed(session: Session) -> bytes:
    """The decisions of a replay, as bytes."""
    replay = Replay(session.setup(), frozenset(each.id for each in surveyed(session).decisions))
    for each in session.items():
        replay.take(each)
    return canonical([verdict.decision for verdict in replay.verdicts])


def told_to(monitor: Monitor, scene: Scene, text: str) -> None:
    """Put other rules in the place of the ones before, and let the monitor read them."""
    (scene.folder / "rules.yaml").write_text(text)
    done = monitor.order("reload")
    assert done.returncode == 0, done


def written_down(monitor: Monitor) -> set[str]:
    """The ids of all decisions that the journal holds."""
    return {row["id"] for row in monitor.rows("SELECT id FROM intents")}


def all_written_down(monitor: Monitor, count: int) -> set[str]:
    """The same when there are so many: on a disk that stalls, a kill does not wait for its intent."""
    until(lambda: len(written_down(monitor)) >= count, 10, f"{count} decisions are on record")
    return written_down(monitor)


def storms_and_all(scene: Scene, monitor: Monitor) -> str:
    """Everything that is ended, with innocents beside it; returns the one between the two thresholds."""
    (sign := scene.folder / "sign").mkdir()
    scene.guilty(scene.run(deeds.STORM, task="storm", **LIMITS))
    scene.guilty(scene.run(deeds.RAMP, task="ramp", **LIMITS))
    scene.guilty(scene.run(deeds.OOM_CHILD, task="child", labels={"test": "oom"}, mem="32m"))
    # Whoever joins it must be there, and known to be, before it goes.
    main = scene.run(deeds.on_a_sign(deeds.STORM[-1]), task="main", **LIMITS, **deeds.sees(sign))
    sides = [scene.run(deeds.SERVE, serves="main"), scene.run(network_mode=f"container:{main}")]
    scene.guilty(scene.run(task="old", labels={SHORT: ""}, **LIMITS), 13, not_before=3)
    between = scene.run(deeds.processes(BETWEEN), task="between", **LIMITS)
    scene.innocent(between, scene.run(deeds.processes(140), task="below", **LIMITS))
    # Nobody who breaks the other threshold, too, but for those whom no rule may touch.
    scene.innocent(scene.run(deeds.STORM, labels={f"{scene.names.task}x": "", SHORT: ""}, pids=deeds.PIDS))
    scene.innocent(scene.run(deeds.STORM, task="skipped", skip="", labels={SHORT: ""}, pids=deeds.PIDS))
    for side in sides:
        until(partial(monitor.said, "a container is followed", id=side[:12]), 20, "its main has it")
    scene.guilty(main, since=scene.truth.now())
    (sign / "go").touch()
    for side in sides:
        until(partial(scene.truth.events, side, "die"), 30, "a sidecar goes with its main")
        scene.guilty(side, 30)
    scene.verdict()
    return between


def test_a_recording_is_replayed_to_the_byte_and_a_threshold_adds_exactly_one(
    lone_scene: Scene, tmp_path: Path
) -> None:
    scene, folder = lone_scene, tmp_path / "recordings"
    with scene.monitor(rules=rules(), config=recorded_to(folder)) as monitor:
        between = storms_and_all(scene, monitor)
        # Whoever keeps away from the threshold is told of every five seconds, and was on his way before.
        until(lambda: (monitor.metric("container_threads", container_id=between) or 0) >= BETWEEN, 15)
        decided = all_written_down(monitor, 7)
        assert monitor.metric("reactor_recording_healthy") == 1
        assert monitor.metric("reactor_recording_dropped_total") == 0
    (session,) = sessions(folder)
    survey = surveyed(session)
    assert {decision.id for decision in survey.decisions} == decided
    assert {decision.rule for decision in survey.decisions} >= {
        "safety/pids",
        "safety/memory",
        "safety/oom",
        "short/lifetime",
    }
    assert len(survey.decisions) == 7
    assert any(decision.cause for decision in survey.decisions), "a cascade is among them"
    assert replayed(session) == canonical(survey.decisions)
    assert session.remarks() == []
    assert stat.S_IMODE(session.parts[0].path.stat().st_mode) == 0o600
    scene.report(
        f"recorded: {survey.facts} facts, {session.size / survey.facts:.0f} bytes a fact, "
        f"{len(survey.decisions)} decisions the same to the byte"
    )
    the_program_says_the_same(scene, folder, between, tmp_path)


def test_a_reload_while_it_is_recorded_is_replayed_to_the_byte(lone_scene: Scene, tmp_path: Path) -> None:
    """The one between the two thresholds is ended by the second; a comparison shows it and nobody else.

    From the streams: the fast lane would see a container on its way up, and end it between any two.
    """
    scene, folder = lone_scene, tmp_path / "recordings"
    with scene.monitor(rules=rules(), config=recorded_to(folder) + "profile: streams\n") as monitor:
        storm = scene.guilty(scene.run(deeds.STORM, task="storm", **LIMITS))
        between = scene.run(deeds.processes(BETWEEN), task="between", **LIMITS)
        side = scene.run(deeds.SERVE, serves="between")
        below = scene.run(deeds.processes(BETWEEN - 30), task="below", **LIMITS)
        skipped = scene.run(deeds.STORM, task="skipped", skip="", **LIMITS)
        scene.innocent(between, side, below, skipped)
        read = (between, below)
        until(lambda: all(monitor.metric("container_threads", container_id=each) for each in read), 15)
        scene.verdict()
        for container in (between, side):
            del scene.charges.innocent[container]
        since = scene.truth.now()
        told_to(monitor, scene, rules(pids=BETWEEN - 30))
        scene.guilty(between, since=since, not_before=0)
        scene.guilty(side, 2 * PROMISE, since=since, not_before=0)
        scene.verdict()
        late = scene.guilty(scene.run(deeds.processes(BETWEEN), task="late", **LIMITS))
        scene.verdict()
        scene.report(f"a reload from 200 to {BETWEEN - 30} processes, and one that came after it")
        decided = all_written_down(monitor, 4)
    (session,) = sessions(folder)
    survey = surveyed(session)
    assert {decision.id for decision in survey.decisions} == decided
    assert [decision.run.id for decision in survey.decisions] == [storm, between, side, late]
    assert replayed(session) == canonical(survey.decisions)
    assert session.remarks() == []
    done = reactor("replay", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 decisions were recorded; the replay decides the same as then" in done.stdout
    assert compared(folder, tmp_path, BETWEEN + 5, BETWEEN - 30) == [between, side, late]
    assert compared(folder, tmp_path, BETWEEN - 25, BETWEEN - 30) == []


def compared(folder: Path, tmp_path: Path, old: int, new: int) -> list[str]:
    """Whom the new threshold would end and the old one would not."""
    files = tmp_path / "old.yaml", tmp_path / "new.yaml"
    for file, pids in zip(files, (old, new), strict=True):
        file.write_text(rules(pids=pids))
    done = reactor("replay", folder, "--rules", files[1], "--compare", files[0], "--json")
    assert done.returncode == 0, done
    found = json.loads(done.stdout)["sessions"][0]["difference"]
    assert found["gone"] == []
    return [each["id"] for each in found["added"]]


def the_program_says_the_same(scene: Scene, folder: Path, between: str, tmp_path: Path) -> None:
    done = reactor("replay", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "7 decisions were recorded; the replay decides the same as then" in done.stdout
    new, old = tmp_path / "new.yaml", tmp_path / "old.yaml"
    new.write_text(rules(pids=BETWEEN - 30))
    old.write_text(rules())
    compared = reactor("replay", folder, "--rules", new, "--compare", old, "--exit-code", "--json")
    assert compared.returncode == 1
    found = json.loads(compared.stdout)["sessions"][0]["difference"]
    assert [each["id"] for each in found["added"]] == [between]
    assert found["gone"] == []
    assert found["later"] == []
    assert {each["new"]["rule"] for each in found["earlier"]} <= {"safety/pids"}


def test_a_monitor_that_is_killed_leaves_a_recording_that_can_be_replayed(
    lone_scene: Scene, tmp_path: Path
) -> None:
    """It says that it was cut, and the next monitor begins its own."""
    scene, folder = lone_scene, tmp_path / "recordings"
    with scene.monitor(rules=rules(), config=recorded_to(folder)) as monitor:
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="calm", **LIMITS))
        first = scene.guilty(scene.run(deeds.STORM, task="storm", **LIMITS))
        scene.verdict()
        facts = monitor.metric("reactor_recording_facts_total") or 0
        until(
            lambda: (monitor.metric("reactor_recording_facts_total") or 0) > facts + 5,
            10,
            "it is on the disk",
        )
        monitor.kill9()
    with monitor:
        second = scene.guilty(scene.run(deeds.STORM, task="again", **LIMITS))
        scene.verdict()
    killed, ended = sessions(folder)
    assert [each.run.id for each in surveyed(killed).decisions] == [first]
    assert [each.run.id for each in surveyed(ended).decisions] == [second]
    for session in (killed, ended):
        assert replayed(session) == canonical(surveyed(session).decisions)
    (said,) = killed.remarks()
    assert "cut " in said
    assert f"byte {killed.size}: " in said or killed.size > surveyed(killed).facts
    assert ended.remarks() == []
    done = reactor("replay", folder)
    assert done.returncode == 0
    assert said in done.stderr


def test_a_recording_on_a_full_disk_keeps_nobody_alive(lone_scene: Scene, small_disk: Path) -> None:
    """The journal lies on the same disk. Kills go on, what was lost is said, and the recording goes on."""
    scene, folder = lone_scene, small_disk / "recordings"
    config = recorded_to(folder)
    with scene.monitor(rules=rules(), config=config, journal=small_disk / "journal.db") as monitor:
        until(lambda: monitor.metric("reactor_recording_facts_total"), 10, "it is recorded")
        filler = fill(small_disk)
        until(lambda: monitor.metric("reactor_recording_dropped_total"), 20, "facts are dropped")
        many = [scene.guilty(scene.run(deeds.STORM, task=f"t{n}", **LIMITS)) for n in range(3)]
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="calm", **LIMITS))
        scene.verdict()
        scene.report("three storms with journal and recording on a full disk")
        assert monitor.metric("reactor_recording_healthy") == 0
        (said,) = until(lambda: monitor.said(NOTHING), 10, "it says so")
        assert "left on the disk" in said["why"] or "the disk is full" in said["why"]
        filler.unlink()
        until(lambda: monitor.metric("reactor_recording_healthy") == 1, 20, "it is recorded again")
        until(lambda: monitor.said("the recording goes on"), 10, "it says so")
        dropped = monitor.metric("reactor_recording_dropped_total")
    (session,) = sessions(folder)
    assert surveyed(session).lost == dropped
    assert session.remarks() == []
    assert len(many) == 3


def test_a_recording_that_cannot_even_begin_does_not_keep_the_monitor_from_beginning(
    lone_scene: Scene, tmp_path: Path
) -> None:
    """A service that starts again with `--record FILE` must not stay down because of that file."""
    scene = lone_scene
    (tmp_path / "there").write_text("somebody's")
    with scene.monitor(rules=rules(), config=recorded_to(tmp_path / "there")) as monitor:
        scene.guilty(scene.run(deeds.STORM, task="storm", **LIMITS))
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="calm", **LIMITS))
        scene.verdict()
        until(lambda: monitor.said(NOTHING), 10, "it says so")
    assert (tmp_path / "there").read_text() == "somebody's"


@contextmanager
def recording_beside(scene: Scene, path: Path, *more: object) -> Iterator["subprocess.Popen[str]"]:
    """``reactor record``, which is over when this is."""
    config = scene.folder / "record.yaml"
    config.write_text(scene.config())
    rule_file = scene.folder / "record-rules.yaml"
    rule_file.write_text(rules())
    where: Sequence[object] = ("--docker-host", scene.containers.docker_host, "--config", config)
    command = program(*map(str, ("record", "-o", path, "--rules", rule_file, *where, *more)))
    with subprocess.Popen(
        command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def seen_so_far(path: Path) -> Survey:
    """What a recording holds that is being written; nothing while it has no header."""
    return surveyed(sessions(path)[0]) if path.exists() and path.stat().st_size else Survey()


def test_recording_alone_ends_nobody_and_the_replay_says_whom_the_rules_would_have_ended(
    lone_scene: Scene, tmp_path: Path
) -> None:
    scene, path = lone_scene, tmp_path / "seen.reactor"
    with recording_beside(scene, path) as process:
        side = scene.run(deeds.SERVE, serves="storm")

        def knows_it() -> bool:
            facts = [each.fact for each in sessions(path)[0].items()] if seen_so_far(path).facts else []
            return any(isinstance(fact, Seen) and fact.container.id == side for fact in facts)

        until(knows_it, 30, "it is known before its main is decided about")
        storm = scene.run(deeds.STORM, task="storm", **LIMITS)
        scene.innocent(storm, side, scene.run(deeds.AT_THE_LIMIT, task="calm", **LIMITS))
        until(lambda: bool(seen_so_far(path).decisions), 30, "the storm is recorded")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
        assert out.startswith(f"{path}: ")
    scene.verdict()
    (session,) = sessions(path)
    facts = {type(each.fact) for each in session.items()}
    assert facts >= {Snapshot, Seen, Sample, Tick, Happened}
    assert not session.header.acting
    assert [each.dry_run for each in surveyed(session).decisions] == [True]
    assert replayed(session) == canonical(surveyed(session).decisions)
    armed = reactor("replay", path, "--rules", scene.folder / "record-rules.yaml", "--json")
    ended = json.loads(armed.stdout)["sessions"][0]["decisions"]
    assert [each["id"] for each in ended] == [storm, side]


def test_recording_alone_ends_by_itself_and_says_no_to_a_file_that_is_there(
    lone_scene: Scene, tmp_path: Path
) -> None:
    path = tmp_path / "seen.reactor"
    with recording_beside(lone_scene, path, "--seconds", 2) as process:
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
        assert out.startswith(f"{path}: ")
    with recording_beside(lone_scene, path) as process:
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (2, "")
        assert err == f"reactor: {path} is there already: name another file, or a folder\n"
    with recording_beside(lone_scene, tmp_path / "not" / "there") as process:
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (2, "")
        assert "no file can be made in" in err
    assert not os.path.exists(tmp_path / "not")
