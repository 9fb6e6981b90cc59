"""Images of the programs beside a monitor, for tests: haproxy, Prometheus, Alertmanager, as Debian has them.

Their own images are in registries only. Each of these holds one program and what it is linked to on this
machine; where it looks for its files and how it is called is as in those: `/var/run` is a link to `/run`.
Does not belong here: the image of reactor itself (image/making.py), or where the programs come from
(observers.py, socket_proxy.py).
"""

import io
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools import engine_api
from tools.engine_packages import EngineMissingError
from tools.observers import alertmanager_itself, prometheus
from tools.socket_proxy import haproxy_itself

HAPROXY: Final = "haproxy:test"
PROMETHEUS: Final = "prometheus:test"
ALERTMANAGER: Final = "alertmanager:test"
_TEMPLATES: Final = "usr/share/prometheus/alertmanager"
_LINKED: Final = re.compile(r"(?:=> )?(/\S+) \(0x[0-9a-f]+\)")


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its image; where else its libraries are, and a folder that it reads at its start."""

    image: str
    path: Path
    libraries: Sequence[Path] = ()
    reads: tuple[Path, str] | None = None
    is_entrypoint: bool = True

    @property
    def name(self) -> str:
        """How it is called in its image."""
        return self.image.partition(":")[0]


def programs() -> Sequence[Program]:
    """All three."""
    proxy, libraries = haproxy_itself()
    alertmanager, templates = alertmanager_itself()
    return (
        # The entrypoint of its own image carries out what it is given.
        Program(HAPROXY, proxy, libraries, is_entrypoint=False),
        Program(PROMETHEUS, prometheus()),
        Program(ALERTMANAGER, alertmanager, reads=(templates, _TEMPLATES) if templates.is_dir() else None),
    )


def load_program(docker_host: str, program: Program) -> None:
    """Bring one to an engine."""
    changes = [f'ENTRYPOINT ["/usr/bin/{program.name}"]'] if program.is_entrypoint else []
    engine_api.import_image(docker_host, root_of(program), program.image, changes)


def root_of(program: Program) -> bytes:
    """Its root, as a tar archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(program.path.resolve(), f"usr/bin/{program.name}")
        for path in _linked(program):
            # The loader is where every program asks for it; it looks for the others here.
            name = str(path) if path.name.startswith("ld-") else f"usr/lib/{path.name}"
            archive.add(path.resolve(), name.lstrip("/"))
        if program.reads is not None:
            archive.add(*program.reads)
        link = tarfile.TarInfo("var/run")
        link.type, link.linkname = tarfile.SYMTYPE, "/run"
        archive.addfile(link)
    return packed.getvalue()


def _linked(program: Program) -> Iterator[Path]:
    """What it is linked to, as this machine's loader finds it."""
    said = subprocess.run(
        ("ldd", str(program.path.resolve())),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LD_LIBRARY_PATH": os.pathsep.join(map(str, program.libraries))},
    )
    if "not found" in said.stdout:
        raise EngineMissingError(f"{program.path} is linked to what is not here: {said.stdout}")
    return (Path(found) for found in _LINKED.findall(said.stdout))
