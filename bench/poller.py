"""Contender: the plain loop. ``docker stats --no-stream`` for one container after another, then sleep.

Run as ``python -m bench.poller URL SECONDS``; the containers' ids come on stdin, one a line. The
sleep is what is shortened here; the looks are the real ones.
"""

import sys
import time

import docker

from bench.clock import now
from bench.saying import Killed, Looked, Ready, Round, tell
from bench.victims import THRESHOLD


def main() -> None:
    """Go round until ended."""
    containers = sys.stdin.read().split()
    interval = float(sys.argv[2])
    client = docker.APIClient(base_url=sys.argv[1], timeout=120)
    tell(Ready(len(containers)))
    while True:
        began, number = now(), len(containers)
        for container in tuple(containers):
            if _look(client, container):
                containers.remove(container)
        time.sleep(interval)
        tell(Round(began, now(), number))


def _look(client: docker.APIClient, container: str) -> bool:
    """Look at one container, and kill it if it has too many processes; True if it was killed."""
    began = now()
    frame = client.stats(container, stream=False)
    seen = now()
    tell(Looked(seen - began))
    if frame.get("pids_stats", {}).get("current", 0) <= THRESHOLD:
        return False
    called = now()
    client.kill(container)
    tell(Killed(container, seen, called, now()))
    return True


if __name__ == "__main__":
    main()
