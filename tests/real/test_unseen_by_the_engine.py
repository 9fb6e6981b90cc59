"""What the engine's own readings do not show is seen all the same, where cgroups are read.

The other one of the kind, a shim that is stuck, is in ``test_lane``.
"""

from functools import partial
from typing import Any

from tests.real import deeds
from tests.real.scene import Scene
from tests.real.waiting import until


def test_a_breach_in_the_network_of_a_dead_container_is_seen(lone_scene: Scene) -> None:
    """Of whoever uses the network of a container that is over, the engine's stats have no data any more."""
    scene, sign = lone_scene, lone_scene.folder / "sign"
    sign.mkdir()
    with scene.monitor(config="profile: normal\n") as monitor:
        lender = scene.run()
        there: dict[str, Any] = {"network_mode": f"container:{lender}", "pids": deeds.PIDS}
        storm = scene.run(deeds.on_a_sign(deeds.STORM[-1]), task="storm", **there, **deeds.sees(sign))
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="near", **there))
        until(lambda: monitor.metric("reactor_lane_runs") == 2, 10, "both are read from their cgroups")
        scene.containers.client.api.kill(lender)
        until(lambda: scene.truth.events(lender, "die"), 20, "the network is a dead one's")
        scene.guilty(storm, since=scene.truth.now())
        (sign / "go").touch()
        scene.verdict()
        ends = until(partial(monitor.closed, storm), 15, "it is on record")
        assert [each["rule"] for each in ends] == ["safety/pids"]
        until(lambda: monitor.metric("reactor_kernel_mode") == 1, 10, "it was tried out")
        assert monitor.said("what the kernel lets us do")
    scene.report("a fork storm in the network of a dead container")
