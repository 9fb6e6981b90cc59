"""A host of its own for a private engine, for all that the engine and its containers can see of it.

A network, a host name and a `/run` in memory, so that what is shipped for a host is deployed as it stands:
the engine's socket is `/run/docker.sock` there. Nothing of it is left when the engine ends. Does not belong
here: the engine's life (engine_life.py), networks between such hosts (swarm_network.py).
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.engine_files import UNPACKED, engine_files
from tools.swarm_network import Namespace

SOCKET_OPTIONS: Final = ("--host", "unix:///run/docker.sock")
"""What the engine is told beside the usual: to listen where a host's own engine does."""
_HOST: Final = """\
set -e
# In memory, as on every host: what lies there is gone with the host, and outlives each container.
mount -t tmpfs -o mode=755 run /run
# Nobody is asked for a registry's name: who waits for an answer starts a task half a minute later.
mount --bind "$0/host/resolv.conf" /etc/resolv.conf
export PATH="$PATH:$0/host/bin" XTABLES_LIBDIR="${1:-}"
shift
exec "$@"
"""


def own_host(space: Namespace, folder: Path) -> Sequence[str]:
    """Prepare what only this engine sees, and say what stands before its command."""
    (folder / "host/bin").mkdir(parents=True)
    (folder / "host/resolv.conf").write_text("nameserver 127.0.0.1\n")
    libraries = _iptables(folder / "host/bin")
    apart = ("unshare", "--mount", "--propagation", "slave")
    return (*space.before, *apart, "sh", "-c", _HOST, str(folder), libraries)


def _iptables(folder: Path) -> str:
    """Have the program there by which the engine answers its containers' questions for names.

    An unpacked package has it under other names only. Returns where its extensions lie, if not where usual.
    """
    unpacked = UNPACKED / "usr/sbin/xtables-nft-multi"
    if shutil.which("iptables", path=engine_files().environment["PATH"]) or not unpacked.is_file():
        return ""
    (folder / "iptables").symlink_to(unpacked.resolve())
    return str(next(UNPACKED.resolve().glob("usr/lib/*/xtables"), ""))
