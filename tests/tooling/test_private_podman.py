"""A private podman leaves nothing behind: no conmon, no mount, no cgroup, no file."""

import pytest

from tests.tooling.containers import Containers
from tools import engine_cgroups
from tools.engine_traces import mounts
from tools.podman_life import PrivatePodman

pytestmark = [pytest.mark.real, pytest.mark.podman]


def test_stop_leaves_nothing_of_running_and_paused_ones_and_another_podman_alone(
    podman: PrivatePodman,
) -> None:
    with Containers(podman.docker_host) as others:
        neighbour = others.idle()
        with PrivatePodman() as engine:
            engine.import_busybox()
            with Containers(engine.docker_host, removed_at_end=False) as containers:
                main = containers.idle(restart="always")
                containers.client.api.pause(containers.idle())
            assert len(engine.pids()) >= 2 * 2 + 1
            assert engine.cgroup(main, "pids").is_dir()
            assert mounts(engine.folder)
            engine.kill9()
            left = engine.shim_pid(main)
            assert left in engine.pids()
        assert engine.pids() == []
        assert mounts(engine.folder) == []
        assert engine_cgroups.cgroups(engine.folder) == []
        assert not engine.cgroup(main, "pids").exists()
        assert not engine.folder.exists()
        assert others.is_running(neighbour)
