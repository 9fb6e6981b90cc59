"""The shipped unit under this host's own systemd: put where its page says, asked, and taken away again.

Only hands belong here, for a host whose process 1 is systemd (a machine of `make test-v2`). What has to be so
is said by the tests in ``on_systemd``.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.docs.pages import ROOT, blocks
from tests.real.monitor import Line, Monitor, clean_environment
from tests.tooling.patience import patient

NAME = "reactor.service"
UNIT = Path("/etc/systemd/system", NAME)
PROGRAM = Path("/usr/local/bin/reactor")
FOLDER = Path("/etc/reactor")
OPTIONS = Path("/etc/default/reactor")
STATE = Path("/var/lib/reactor")
RUNTIME = Path("/run/reactor")
CGROUP = Path("/sys/fs/cgroup/system.slice", NAME)
LISTENS = "127.0.0.1:9710"
_MADE_BY_HAND = Path("/run/systemd/system")
_INSTALLS = "install -m 644 deploy/systemd/reactor.service"


def systemctl(*words: str) -> "subprocess.CompletedProcess[str]":
    """One order to systemd, or a question; whoever asks looks at the answer."""
    return subprocess.run(
        ("systemctl", "--no-pager", *words), check=False, capture_output=True, text=True, timeout=patient(120)
    )


def did(*words: str) -> str:
    """An order that has to succeed; what it said."""
    done = systemctl(*words)
    assert done.returncode == 0, f"systemctl {words}: {done.stderr}\n{told()[-4000:]}"
    return done.stdout


def told(*more: str) -> str:
    """What systemd's journal has of the unit: the lines of systemd as well as its own."""
    subprocess.run(("journalctl", "--sync"), check=True, capture_output=True)
    command = ("journalctl", "--no-pager", "-o", "cat", *(more or ("-u", NAME)))
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Service(Monitor):
    """The monitor of the unit: the same questions as to any, and systemd's answers about it."""

    @property
    def pid(self) -> int:
        """Its main process, as systemd has it; 0 if there is none."""
        return int(self.shown("MainPID"))

    @property
    def control(self) -> Path:
        """Where the unit has its control socket."""
        return RUNTIME / "control.sock"

    @property
    def address(self) -> str:
        """Where it listens."""
        return LISTENS

    @property
    def _address(self) -> str:
        return LISTENS

    def raw_log(self) -> str:
        """What it wrote itself, over all of its starts."""
        return told(f"_SYSTEMD_UNIT={NAME}")

    def lines(self) -> Sequence[Line]:
        """The lines of its log; what orders of the unit write is no log."""
        return [json.loads(line) for line in self.raw_log().splitlines() if line.startswith("{")]

    def shown(self, name: str) -> str:
        """A property of the unit."""
        return did("show", "--value", "-p", name, NAME).strip()

    def processes(self) -> set[int]:
        """Who is in its cgroup; nobody where there is none."""
        try:
            return set(map(int, (CGROUP / "cgroup.procs").read_text().split()))
        except FileNotFoundError:
            return set()

    def writable(self) -> set[str]:
        """Which mounts it could write to; those of the kernel's own in /dev and /proc are left out."""
        lines = Path(f"/proc/{self.pid}/mountinfo").read_text().splitlines()
        found = {words[4] for words in map(str.split, lines) if "rw" in words[5].split(",")}
        return {each for each in found if not each.startswith(("/dev", "/proc"))}


@contextmanager
def installed(rules: Path, config: str) -> Iterator[Service]:
    """Do what docs/services.md says, with these rules and this text; at the end nothing of it is left."""
    there = [path for path in (UNIT, PROGRAM, FOLDER, OPTIONS, STATE) if path.exists()]
    assert not there, f"somebody's reactor is installed here: {there}"
    assert Path("/proc/1/comm").read_text().strip() == "systemd", "this wants a host of systemd's"
    (FOLDER / "rules").mkdir(parents=True)
    (FOLDER / "rules/safety.yaml").write_text((rules / "safety.yaml").read_text())
    try:
        _write_program()
        words = f"--rules {FOLDER}/rules --config {FOLDER}/config.yaml --log-format json"
        OPTIONS.write_text(f'RUN_OPTIONS="{words}"\n')
        service = Service(
            FOLDER, "unix:///run/docker.sock", rules=rules, config=config, journal=STATE / "journal.db"
        )
        (page,) = [block.text for block in blocks(ROOT / "docs/services.md") if _INSTALLS in block.text]
        done = subprocess.run(
            ("sh", "-ec", page), cwd=ROOT, check=False, capture_output=True, text=True, timeout=patient(120)
        )
        assert done.returncode == 0, f"{done.stderr}\n{told()}"
        yield service
    finally:
        _take_away()


def _write_program() -> None:
    """A link would do where the program is installed; here it needs to be told where its libraries are."""
    environment = " ".join(f"{key}={os.environ[key]}" for key in ("PYTHONPATH",) if key in os.environ)
    PROGRAM.write_text(f'#!/bin/sh\nexec env {environment} {sys.executable} -m reactor "$@"\n')
    PROGRAM.chmod(0o755)
    # The unit can write nowhere that bytecode could be kept, and an emulated processor compiles for long.
    subprocess.run((sys.executable, "-m", "compileall", "-q", ROOT / "reactor"), check=True)


def _take_away() -> None:
    systemctl("disable", "--now", NAME)
    for path in (UNIT, PROGRAM, OPTIONS):
        path.unlink(missing_ok=True)
    subprocess.run(("rm", "-rf", "--", FOLDER, STATE, RUNTIME, f"{UNIT}.d"), check=True)
    systemctl("daemon-reload")
    systemctl("reset-failed", NAME)


@contextmanager
def changed(lines: str, name: str = NAME) -> Iterator[None]:
    """A drop-in with these lines for the section of the service, as ``systemctl edit`` makes one."""
    folder = _MADE_BY_HAND / f"{name}.d"
    folder.mkdir(parents=True)
    (folder / "test.conf").write_text(f"[Service]\n{lines}\n")
    try:
        did("daemon-reload")
        yield
    finally:
        (folder / "test.conf").unlink()
        folder.rmdir()
        did("daemon-reload")


def within(*command: str) -> str:
    """What a command prints in the unit's own sandbox: another command, which ends, is all that differs."""
    name, said = "reactor-within.service", Path("/run/reactor-within")
    unit = _MADE_BY_HAND / name
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(UNIT.read_text())
    once = f"Type=oneshot\nRestart=no\nStandardOutput=truncate:{said}\nExecStart=\nExecStart="
    try:
        with changed(once + " ".join(command), name):
            done = systemctl("start", name)
        assert done.returncode == 0, f"{done.stderr}\n{told('-u', name)}"
        return said.read_text()
    finally:
        unit.unlink()
        said.unlink(missing_ok=True)
        systemctl("daemon-reload")


def without(*command: str) -> str:
    """What the same command prints as root, with nothing around it."""
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=patient(120), env=clean_environment()
    ).stdout
