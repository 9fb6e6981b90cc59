"""Contender: one thread for each container, reading its stats stream through the docker SDK.

Run as ``python -m bench.consumer URL``; the containers' ids come on stdin, one a line. Written as
such programs are: one client for all, a blocking loop in each thread, a kill when a frame shows
too many processes. It does nothing else that reactor does.
"""

import sys
import threading

import docker
from docker.errors import APIError

from bench.clock import now
from bench.saying import Killed, Ready, tell
from bench.victims import THRESHOLD


def main() -> None:
    """Watch until ended."""
    containers = sys.stdin.read().split()
    client = docker.APIClient(base_url=sys.argv[1], timeout=120)
    begun = threading.Semaphore(0)
    for container in containers:
        threading.Thread(target=_watch, args=(client, container, begun), daemon=True).start()
    for _ in containers:
        begun.acquire()
    tell(Ready(len(containers)))
    threading.Event().wait()


def _watch(client: docker.APIClient, container: str, begun: threading.Semaphore) -> None:
    first = True
    for frame in client.stats(container, stream=True, decode=True):
        seen = now()
        if first:
            begun.release()
            first = False
        if frame.get("pids_stats", {}).get("current", 0) > THRESHOLD:
            _kill(client, container, seen)
            return


def _kill(client: docker.APIClient, container: str, seen: float) -> None:
    called = now()
    try:
        client.kill(container)
    except APIError as error:
        print(f"kill of {container[:12]}: {error}", file=sys.stderr)
    tell(Killed(container, seen, called, now()))


if __name__ == "__main__":
    main()
