"""Looks for traces of an engine on this host, in its own way: the tools under test are not asked."""

import os
from contextlib import suppress
from pathlib import Path


def traces(name: str) -> list[str]:
    """List the processes, mounts, cgroups and files that have this engine's name in them."""
    return [*_processes(name), *_mounts(name), *_cgroups(name), *_files(name)]


def _processes(name: str) -> list[str]:
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            command = Path(f"/proc/{entry}/cmdline").read_bytes()
            groups = Path(f"/proc/{entry}/cgroup").read_text()
        except OSError:
            continue
        # A process without a command line is a zombie (or the kernel's own): it has ended.
        if command and (name.encode() in command or name in groups):
            found.append(f"process {entry}: {command!r}")
    return found


def _mounts(name: str) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [f"mount {line.split()[1]}" for line in lines if name in line]


def _cgroups(name: str) -> list[str]:
    return [
        f"cgroup {root}/{folder}"
        for root, folders, _files in os.walk("/sys/fs/cgroup")
        for folder in folders
        if name in f"{root}/{folder}"
    ]


def _files(name: str) -> list[str]:
    return [f"file {path}" for path in Path("/tmp").iterdir() if name in path.name]


def shim_sockets(folder: Path) -> list[Path]:
    """List the sockets of this engine's shims; they lie outside its folder, but bundles in it name them."""
    found = []
    for bundle, _folders, files in os.walk(folder / "exec"):
        # A container that ends just now takes its bundle away under our eyes.
        with suppress(FileNotFoundError):
            if "address" in files:
                found.append(Path((Path(bundle) / "address").read_text().removeprefix("unix://")))
    return [path for path in found if path.is_socket()]
