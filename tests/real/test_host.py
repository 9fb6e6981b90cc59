"""What the program says of a real host and engine, held against what they say themselves."""

import json
import subprocess
from pathlib import Path
from typing import Any

from reactor.app.identity import Whereabouts, whereabouts
from reactor.core.container import ContainerId
from tests.real.deeds import sh
from tests.real.monitor import clean_environment, program
from tests.tooling.containers import Containers
from tests.tooling.patience import patient
from tools.engine_cgroups import cgroup_roots

TELL = sh("cat /proc/self/mountinfo; echo ---; cat /proc/self/cgroup")


def examined(containers: Containers, folder: Path) -> dict[str, dict[str, Any]]:
    """What the doctor found, by check-up."""
    command = program(
        "doctor", "--docker-host", containers.docker_host, "--journal", str(folder / "journal.db"), "--json",
        "--listen", "127.0.0.1:0",
    )  # fmt: skip
    done = subprocess.run(
        command, check=False, capture_output=True, timeout=patient(60), env=clean_environment()
    )
    assert done.returncode == 0, done
    return {each["check"]: each for each in json.loads(done.stdout)["checks"]}


def test_the_doctor_knows_the_engine_and_the_cgroups_of_this_host(
    containers: Containers, tmp_path: Path
) -> None:
    """Where the tests have all rights, nothing is lost that this kernel has."""
    found = examined(containers, tmp_path)
    said = containers.client.version()
    assert f"version {said['Version']}, API {said['ApiVersion']}" in found["engine"]["said"]
    roots = cgroup_roots()
    layout = "v2" if set(roots) == {"unified"} else "hybrid" if "unified" in roots else "v1"
    assert found["cgroups"]["said"].startswith(f"version {layout}, mode write")
    has_kill = any(kill for root in roots.values() for kill in root.glob("*/cgroup.kill"))
    assert ("by cgroup.kill" in found["containment"]["said"]) == has_kill
    assert {found[each]["verdict"] for each in ("engine", "rights", "cgroups", "fast lane")} == {"ok"}
    assert [*tmp_path.iterdir()] == []


def test_a_container_finds_itself_on_this_engine(containers: Containers) -> None:
    """By its cgroup where it sees the host's, surely; in a namespace of its own by what is mounted in it."""
    for namespace, sure in (("host", True), ("private", False)):
        container = containers.run(TELL, cgroupns=namespace)
        containers.client.api.wait(container)
        mountinfo, _, cgroup = containers.client.api.logs(container).decode().partition("---\n")
        own = whereabouts(mountinfo, cgroup)
        assert own == Whereabouts(ContainerId(container), sure=sure), (namespace, cgroup)
