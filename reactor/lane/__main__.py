"""``python -m reactor.lane FD RATE CALM SHARE FORKS MONITOR``: the fast lane, started by a monitor only."""

import sys

from reactor.lane.loop import main

main(int(sys.argv[1]), *map(float, sys.argv[2:7]))
