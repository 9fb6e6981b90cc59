"""Netdata's cgroup collector, everything else in it switched off: the best there is at merely looking.

It is Debian's package, unpacked into the checkout's cache and not installed. It decides nothing and ends
nothing, so only what it uses is compared. Getting it, and telling it what to leave out, belongs here.
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.clock import now
from bench.ending import bound, end
from bench.programs import DidNotBegin
from tools.engine_cgroups import cgroup_roots
from tools.engine_files import CACHE, cache_locked
from tools.engine_packages import EngineMissingError, fetch

PACKAGE: Final = "netdata-core"
CONFIGURATION: Final = """\
[global]
    run as user = root
    process scheduling policy = keep
    OOM score = keep
[directories]
    config = {folder}/etc
    stock config = {folder}/etc
    log = {folder}/log
    cache = {folder}/cache
    lib = {folder}/lib
    registry = {folder}/lib/registry
    web = {folder}/web
    plugins = {folder}/plugins
    home = {folder}
[logs]
    debug log = none
    error log = {folder}/error.log
    access log = none
    health log = none
[db]
    mode = ram
    retention = 300
    update every = 1
[health]
    enabled = no
[ml]
    enabled = no
[web]
    mode = static-threaded
    web server threads = 1
    bind to = 127.0.0.1:{port}
[cloud]
    enabled = no
[statsd]
    enabled = no
[registry]
    enabled = no
[plugins]
    cgroups = yes
    timex = no
    tc = no
    idlejitter = no
    checks = no
    apps = no
    proc = no
    diskspace = no
    python.d = no
    node.d = no
    charts.d = no
    go.d = no
    fping = no
    ioping = no
    perf = no
    slabinfo = no
    nfacct = no
    ebpf = no
    statsd = no
    netdata monitoring = no
    netdata monitoring extended = no
    enable running new plugins = no
[plugin:cgroups]
    update every = 1
    check for new cgroups every = 10
    max cgroups to allow = 20000
    script to get cgroup names = {folder}/name
    use unified cgroups = {unified}
    script to get cgroup network interfaces = /bin/false
    enable detailed /proc/pressure = no
    enable by default cgroups matching = /{parent}/*
    search for cgroups in subpaths matching = / /{parent} !*
"""


class NotHere(Exception):
    """It cannot be had on this machine; the text says why."""


def program() -> Path:
    """Where it is, fetched if it has to be. Raises NotHere."""
    found = CACHE / "netdata" / "root" / "usr/sbin/netdata"
    try:
        with cache_locked("netdata"):
            if not found.is_file():
                (CACHE / "netdata").mkdir(exist_ok=True)
                fetch((PACKAGE,), [PACKAGE], CACHE / "netdata")
    except (EngineMissingError, OSError) as trouble:
        raise NotHere(f"{PACKAGE} cannot be had: {str(trouble).splitlines()[0]}") from None
    if not found.is_file():
        raise NotHere(f"the package {PACKAGE} holds no usr/sbin/netdata")
    return found


class Netdata:
    """One that runs and looks at the containers below one parent, once a second."""

    def __init__(self, folder: Path, parent: str, port: int) -> None:
        binary = program()
        folder.mkdir(parents=True)
        for name in ("etc", "log", "cache", "lib/registry", "web", "plugins"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        configured = folder / "netdata.conf"
        # On a hybrid host it would choose the tree of version 2, which has no memory to look at.
        unified = "no" if "memory" in cgroup_roots() else "yes"
        configured.write_text(CONFIGURATION.format(folder=folder, parent=parent, port=port, unified=unified))
        _write_namer(folder / "name")
        libraries = sorted((binary.parents[1] / "lib").glob("*-linux-gnu*"))
        self._log, self._port = folder / "output", port
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                bound((str(binary), "-D", "-c", str(configured))),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, libraries))},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        end(self._process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_armed(self, number: int, within: float) -> None:
        """Wait until it draws charts of so many containers. Raises DidNotBegin."""
        deadline = now() + within
        while self.containers() < number:
            if self._process.poll() is not None or now() > deadline:
                tail = self._log.read_text(errors="replace").splitlines()[-8:]
                said = "\n".join(tail)
                raise DidNotBegin(f"netdata shows {self.containers()} of {number} containers:\n{said}")
            time.sleep(0.1)

    def containers(self) -> int:
        """Of how many containers it has charts."""
        try:
            address = f"http://127.0.0.1:{self._port}/api/v1/charts"
            with urllib.request.urlopen(address, timeout=5) as answer:
                charts = json.load(answer)["charts"]
        except (OSError, urllib.error.URLError, ValueError):
            return 0
        return len({name.partition(".")[0] for name in charts if name.startswith("cgroup_")})


def _write_namer(path: Path) -> None:
    """Who asks it for a name gets the id: without an answer it would ask again for half a minute."""
    path.write_text('#!/bin/sh\necho "$2"\n')
    path.chmod(0o755)
