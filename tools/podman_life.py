"""The life of one private podman: its service, the faults that tests need, an end without a trace.

Podman has no daemon: the service only answers calls, and each container is held by a `conmon` of its own,
which lives on without it. Everything lies in one temporary folder, as with a private dockerd, and the same
sweep ends it. Does not belong here: where its programs come from (podman_files.py).
"""

from collections.abc import Sequence
from pathlib import Path

from tools import engine_api
from tools.engine_cgroups import podman_cgroup
from tools.engine_life import TEST_IMAGE, PrivateEngine
from tools.engine_traces import arguments_of
from tools.podman_files import PodmanFiles, configure, podman_files


class PrivatePodman(PrivateEngine):
    """One private podman, with the hands of a private dockerd."""

    program = "podman"

    def _found(self) -> PodmanFiles:
        return podman_files()

    def _configured(self) -> dict[str, str]:
        return configure(podman_files(), self.folder)

    def _command(self) -> tuple[str, ...]:
        service = ("system", "service", "--time=0", self.docker_host)
        return (str(podman_files().podman), "--log-level", "info", *self._arguments, *service)

    def restart(self) -> None:
        """Start the service again on the same folders; the containers did not notice that it was gone."""
        (self.folder / "docker.sock").unlink(missing_ok=True)
        self._launch()

    def import_busybox(self, reference: str = TEST_IMAGE, changes: Sequence[str] = ()) -> None:
        """Import the test image, or under another reference one with e.g. `LABEL reactor.skip=x` in it."""
        rootfs = engine_api.busybox_rootfs(podman_files().busybox)
        name, _, tag = reference.partition(":")
        # It gives whatever it imports the tag "latest", and another one only afterwards.
        engine_api.import_image(self.docker_host, rootfs, f"{name}:latest", changes)
        path = f"/images/docker.io/library/{name}:latest/tag?repo={name}&tag={tag}"
        engine_api.call(self.docker_host, "POST", path)

    def cgroup(self, container_id: str, controller: str) -> Path:
        """Return the directory of a container in the hierarchy of this controller (v2: one for all)."""
        return podman_cgroup(container_id, controller)

    def shim_pid(self, container_id: str) -> int:
        """Return the process id of the conmon that holds this container."""
        for pid in self.pids():
            arguments = arguments_of(pid)
            if arguments and Path(arguments[0]).name == "conmon" and container_id in arguments:
                return pid
        raise LookupError(f"no conmon holds {container_id}")
