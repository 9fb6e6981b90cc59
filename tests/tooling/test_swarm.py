"""The Swarm for tests: engines that see each other, cables that can be pulled, and no trace afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.engine_files import CHECKOUT
from tools.engine_traces import has_ended, wait_ended
from tools.patience import patient
from tools.swarm import PrivateSwarm
from tools.swarm_network import Network

pytestmark = pytest.mark.real

_OWNER = """
import sys
from tools.swarm import PrivateSwarm
swarm = PrivateSwarm(2)
swarm.start()
print(*(node.engine.folder for node in swarm.nodes), *(node.space.pid for node in swarm.nodes), flush=True)
sys.stdin.read()
"""


def test_a_cable_is_pulled_and_put_back() -> None:
    network = Network(2)
    try:
        first, second = network.nodes
        assert _reaches(first.before, network.address(2))
        network.cut(2)
        assert not _reaches(first.before, network.address(2))
        network.mend(2)
        assert _reaches(second.before, network.address(1))
    finally:
        network.close()
    assert [Path(f"/proc/{each.pid}").exists() for each in network.nodes] == [False, False]


def _reaches(before: tuple[str, ...], address: str) -> bool:
    """Whether a datagram finds its way: nobody listens there, and that is said if it arrives."""
    program = (
        "import socket,sys,time\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)\n"
        "s.connect((sys.argv[1], 9)); s.send(b'x')\n"
        "try: s.recv(1)\n"
        "except ConnectionRefusedError: sys.exit(0)\n"
        "except OSError: pass\n"
        "sys.exit(1)\n"
    )
    done = subprocess.run((*before, sys.executable, "-c", program, address), check=False)
    return done.returncode == 0


def test_hosts_have_names_and_sockets_of_their_own() -> None:
    here = os.uname().nodename
    with PrivateSwarm(2) as swarm:
        assert dict(swarm.states()) == {"node-1": "ready", "node-2": "ready"}
        folders = [node.engine.folder for node in swarm.nodes]
        sockets = [Path(f"/proc/{node.engine.pid}/root/run/docker.sock") for node in swarm.nodes]
        assert [socket.is_socket() for socket in sockets] == [True, True]
    assert [folder.exists() for folder in folders] == [False, False]
    assert os.uname().nodename == here


def test_nothing_is_left_of_a_swarm_whose_owner_was_killed() -> None:
    command = (sys.executable, "-c", _OWNER)
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        first, second, *holders = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        # The guards hold the other end of this pipe until they have swept.
        assert owner.stdout.read() == ""
    assert [Path(first).exists(), Path(second).exists()] == [False, False]
    # Whoever takes over orphans may not have asked for them yet: ended they are.
    pids = [int(pid) for pid in holders]
    wait_ended(pids, time.monotonic() + patient(10))
    assert [has_ended(pid) for pid in pids] == [True, True]
