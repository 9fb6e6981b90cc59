"""Contender: the plain loop. List, ``docker stats --no-stream`` for one container after another, then sleep.

Run as ``python -m bench.race.loop URL LABEL SECONDS``. The sleep is what is shortened in an attack; the
looks are the real ones.
"""

import sys
import time

import docker
from docker.errors import APIError

from bench.clock import now
from bench.race.judging import broken
from bench.saying import Counted, Killed, Looked, Ready, Round, tell


def main() -> None:
    """Go round until ended."""
    address, label, interval = sys.argv[1], sys.argv[2], float(sys.argv[3])
    client = docker.APIClient(base_url=address, timeout=120)
    looks = 0
    while True:
        began = now()
        containers = [each["Id"] for each in client.containers(filters={"label": label})]
        tell(Ready(len(containers)))
        for container in containers:
            _look(client, container)
            looks += 1
            tell(Counted(now(), looks))
        time.sleep(interval)
        tell(Round(began, now(), len(containers)))


def _look(client: docker.APIClient, container: str) -> None:
    began = now()
    try:
        frame = client.stats(container, stream=False)
        seen = now()
        tell(Looked(seen - began))
        rule = broken(frame)
        if rule is not None:
            called = now()
            client.kill(container)
            tell(Killed(container, seen, called, now(), rule))
    except APIError as error:
        # It ended while the loop came to it.
        print(f"look at {container[:12]}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
