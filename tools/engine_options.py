"""How a private daemon is told to keep to itself: its command line and its configuration file.

Belongs here: options, and why each one is there. Does not belong here: running the daemon (engine_life.py).
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.engine_cgroups import DRIVER, parent_option
from tools.engine_files import EngineFiles

APART: Final = ("unshare", "--net", "--")
"""Before the command: the daemon sees no network of the host then, and may do what it likes with its own."""
BRIDGED: Final = ("--bridge=",)
"""The usual bridge, where there is such a network."""


def daemon_command(files: EngineFiles, folder: Path, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Build the command line of a daemon that has everything in this folder."""
    return (
        str(files.dockerd),
        # Without a file of our own it would read the host's.
        "--config-file", f"{folder}/daemon.json",
        "--host", f"unix://{folder}/docker.sock",
        "--data-root", f"{folder}/data",
        "--exec-root", f"{folder}/exec",
        "--pidfile", f"{folder}/docker.pid",
        # It must not touch the network of the host.
        "--iptables=false", "--ip-forward=false", "--bridge=none",
        # A driver by name, so that the cgroups lie where we look for them on a host with systemd as well.
        "--exec-opt", f"native.cgroupdriver={DRIVER}", "--cgroup-parent", parent_option(folder),
        *more,
    )  # fmt: skip


def configuration(files: EngineFiles, folder: Path, live_restore: bool) -> str:
    """Write the configuration file's text: what has no option on the command line, or is clearer here."""
    options: dict[str, object] = {"live-restore": live_restore}
    if _major_version(files) < 24:
        # Otherwise these releases keep a key in /etc/docker and derive the engine's id from it, so that two
        # engines on one host would call themselves the same. Later ones keep an id in the data root.
        options["deprecated-key-path"] = f"{folder}/key.json"
    return json.dumps(options)


def _major_version(files: EngineFiles) -> int:
    command = (str(files.dockerd), "--version")
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=files.environment)
    return int(done.stdout.split("version", 1)[1].split(".")[0])
