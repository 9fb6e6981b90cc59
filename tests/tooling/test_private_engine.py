"""A private engine comes up, bears the faults that tests need, and leaves nothing behind."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.tooling.containers import Containers
from tests.tooling.host import shim_sockets, traces
from tools import engine_api
from tools.engine_files import CHECKOUT
from tools.engine_traces import TracesRemainError, sweep
from tools.private_engine import EngineDidNotStartError, PrivateEngine

pytestmark = pytest.mark.real

# At the limit the deepest process fails and its parent tries again: it never stops forking.
FORK_STORM: Final = ("sh", "-c", "f() { while true; do (f); done; }; f")

# Starts an engine with a container, says where, and then waits for its end like a test that hangs.
OWNER: Final = """
import signal
import sys
from tests.tooling.containers import Containers
from tools.private_engine import PrivateEngine
# Whoever started the tests in the background had it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
engine = PrivateEngine()
engine.start()
engine.import_busybox()
Containers(engine.docker_host).idle()
print(engine.folder.name, engine.pid, flush=True)
sys.stdin.read()
"""


def ended(pid: int, within: float) -> bool:
    """Wait for a process that need not be our child."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within)[0])
    finally:
        os.close(handle)


def test_stop_leaves_no_process_mount_cgroup_or_file() -> None:
    with PrivateEngine() as engine:
        engine.import_busybox()
        with Containers(engine.docker_host, removed_at_end=False) as containers:
            main = containers.idle(restart="always")
            containers.idle(network_mode=f"container:{main}")
            containers.client.api.pause(containers.idle())
            containers.run(FORK_STORM, pids=64)
            containers.run("true")
        name = engine.folder.name
        seen = traces(name)
        # The look itself works: it finds what is certainly there now.
        assert {line.split()[0] for line in seen} == {"process", "mount", "cgroup", "file"}
        sockets = shim_sockets(engine.folder)
        assert len(sockets) >= 4
    assert traces(name) == []
    assert [path for path in sockets if path.exists()] == []


def test_stop_ends_a_suspended_engine_and_its_suspended_shim(private_engine: PrivateEngine) -> None:
    with Containers(private_engine.docker_host, removed_at_end=False) as containers:
        os.kill(private_engine.shim_pid(containers.idle()), signal.SIGSTOP)
    private_engine.sigstop()
    private_engine.stop()
    assert traces(private_engine.folder.name) == []


def test_stopping_twice_is_no_error(private_engine: PrivateEngine) -> None:
    private_engine.stop()
    private_engine.stop()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_engine_ends_with_its_owner_however_that_one_ends(how: signal.Signals) -> None:
    with subprocess.Popen(
        (sys.executable, "-c", OWNER),
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # What an interrupted interpreter says about it is not of interest here.
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        name, pid = owner.stdout.readline().split()
        assert traces(name) != []
        owner.send_signal(how)
        owner.wait()
        # The pipe of the owner's output is also open in the guard, and the guard ends when it has swept.
        assert owner.stdout.read() == ""
    assert ended(int(pid), within=10)
    assert traces(name) == []


def test_a_key_pressed_in_the_terminal_of_the_tests_does_not_reach_the_engine(
    private_engine: PrivateEngine,
) -> None:
    assert os.getsid(private_engine.pid) != os.getsid(0)
    assert os.getpgid(private_engine.pid) != os.getpgid(0)


def test_an_engine_that_ends_at_once_fails_with_the_end_of_its_log() -> None:
    engine = PrivateEngine(arguments=("--no-such-option",))
    try:
        with pytest.raises(EngineDidNotStartError, match=r"ended at once[^$]*unknown flag: --no-such-option"):
            engine.start()
    finally:
        engine.stop()
    assert traces(engine.folder.name) == []


def test_an_engine_that_does_not_answer_fails_at_the_deadline(private_engine: PrivateEngine) -> None:
    private_engine.sigstop()
    with pytest.raises(EngineDidNotStartError, match=r"did not answer within 0\.2 s[^$]*API listen on"):
        private_engine.wait_ready(within=0.2)
    private_engine.sigcont()
    private_engine.wait_ready()


def test_a_killed_engine_comes_back_on_the_same_folders(
    private_engine: PrivateEngine, private_containers: Containers
) -> None:
    container = private_containers.run(("sh", "-c", "trap 'exit 3' TERM; while true; do sleep 0.1; done"))
    identity = private_containers.client.info()["ID"]
    private_engine.kill9()
    assert not engine_api.answers(private_engine.docker_host)
    # The shim and the container outlive the daemon, as on every host.
    assert private_engine.shim_pid(container) in private_engine.pids()
    private_engine.restart()
    assert private_containers.client.info()["ID"] == identity
    # Without live restore the returning engine ends what it finds running.
    assert private_containers.inspect(container)["State"]["Running"] is False


def test_with_live_restore_the_container_survives_its_engine() -> None:
    with PrivateEngine(live_restore=True) as engine:
        engine.import_busybox()
        with Containers(engine.docker_host, removed_at_end=False) as containers:
            container = containers.idle()
            before = containers.inspect(container)["State"]
            engine.kill9()
            engine.restart()
            after = containers.inspect(container)["State"]
    assert (after["Running"], after["Pid"], after["StartedAt"]) == (True, before["Pid"], before["StartedAt"])


def test_terminate_ends_the_engine_in_order(private_engine: PrivateEngine) -> None:
    private_engine.terminate()
    assert "Daemon shutdown complete" in private_engine.log.read_text()
    private_engine.restart()


def test_two_engines_at_once_are_two_engines(private_engine: PrivateEngine, docker_host: str) -> None:
    with Containers(private_engine.docker_host) as here, Containers(docker_host) as there:
        here.idle()
        assert here.client.info()["ID"] != there.client.info()["ID"]
        assert [c.id for c in here.client.containers.list()] == here.ids
        assert not {c.id for c in there.client.containers.list()} & set(here.ids)


def test_the_cgroup_of_a_container_is_where_we_say(
    private_engine: PrivateEngine, private_containers: Containers
) -> None:
    container = private_containers.idle(pids=77)
    folder = private_engine.cgroup(container, "pids")
    assert (folder / "pids.max").read_text().strip() == "77"
    pid = str(private_containers.inspect(container)["State"]["Pid"])
    assert (folder / "cgroup.procs").read_text().split() == [pid]


def test_the_shim_of_a_container_is_its_parent(
    private_engine: PrivateEngine, private_containers: Containers
) -> None:
    container = private_containers.idle()
    pid = private_containers.inspect(container)["State"]["Pid"]
    status = Path(f"/proc/{pid}/status").read_text()
    assert f"PPid:\t{private_engine.shim_pid(container)}\n" in status
    with pytest.raises(LookupError):
        private_engine.shim_pid("0" * 64)


def test_a_sweep_touches_no_folder_that_is_not_an_engines(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.touch()
    with pytest.raises(TracesRemainError, match="no folder of a private engine"):
        sweep(tmp_path)
    assert kept.exists()
