"""The kinds of attack, what each one's program is told, and the image that holds these programs.

The programs are C (``bench/attackers``), compiled here and now: a stamp must cost no more than what it
stamps.
"""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools import engine_api

SOURCES: Final = Path(__file__).resolve().parents[1] / "attackers"
PROGRAMS: Final = ("forks", "tree", "memory")
BESIDE: Final = ("floor",)
"""What runs outside of any container."""
IMAGE: Final = "attackers:test"
PIDS_THRESHOLD: Final = 200
MEMORY_SHARE: Final = 80
PIDS_LIMIT: Final = 256
MEMORY_LIMIT: Final = 100 << 20
TRANSIENT_PROCESSES, TRANSIENT_MS = 203, 5


class NoCompiler(Exception):
    """There is nothing here that could make the attackers."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``breaks`` is which rule it breaks; ``lasts`` is whether it stays in breach until somebody ends it."""

    name: str
    breaks: str
    program: str
    arguments: tuple[int, ...]
    lasts: bool = True

    def command(self, when: str) -> list[str]:
        """What its container runs; ``when`` is ``now`` or ``wait``."""
        return [f"/bin/{self.program}", when, *map(str, self.arguments)]


SERIAL: Final = Kind("serial fork bomb", "pids", "forks", (PIDS_THRESHOLD, 1000))
TREE: Final = Kind("tree fork bomb", "pids", "tree", (PIDS_THRESHOLD,))
HOG: Final = Kind(
    "hog at full speed", "memory", "memory",
    (MEMORY_LIMIT, MEMORY_SHARE, 0, MEMORY_LIMIT, 0, 2 * MEMORY_LIMIT), lasts=False,
)  # fmt: skip
RAMP: Final = Kind(
    # From 60 % on 64 KiB each 3.1 ms: 20 MiB a second, to 95 %.
    "slow ramp", "memory", "memory",
    (MEMORY_LIMIT, MEMORY_SHARE, MEMORY_LIMIT * 60 // 100, 64 << 10, 3000, MEMORY_LIMIT * 95 // 100),
)  # fmt: skip
TRANSIENT: Final = Kind(
    "5 ms transient", "pids", "forks", (PIDS_THRESHOLD, TRANSIENT_PROCESSES, TRANSIENT_MS), lasts=False
)
KINDS: Final = (SERIAL, TREE, HOG, RAMP, TRANSIENT)


def compiled(folder: Path, programs: Sequence[str] = PROGRAMS) -> list[Path]:
    """The programs, made in this folder. Raises NoCompiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoCompiler("no C compiler found: the attackers cannot be made (on Debian: apt-get install gcc)")
    made = []
    for name in programs:
        source, program = SOURCES / f"{name}.c", folder / name
        command = (compiler, "-O2", "-static", "-Wall", "-Wextra", "-o", str(program), str(source))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoCompiler(f"{source.name} could not be compiled:\n{done.stderr.strip()[-600:]}")
        made.append(program)
    return made


def bring_image(docker_host: str, folder: Path) -> None:
    """Make the image of attackers on this engine. Raises NoCompiler."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for program in compiled(folder):
            archive.add(program, f"bin/{program.name}")
        compiled(folder, BESIDE)
        # What the page is mounted on has to be there.
        archive.addfile(tarfile.TarInfo("stamp"))
    engine_api.import_image(docker_host, packed.getvalue(), IMAGE)
