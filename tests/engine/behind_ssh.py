"""A program that stands in for ssh: it connects to a socket, as ``docker system dial-stdio`` does there."""

import sys
from pathlib import Path

RELAY = """\
import os, select, socket, sys
with open({log!r}, "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
there = socket.socket(socket.AF_UNIX)
try:
    there.connect({socket!r})
except OSError as error:
    sys.exit("ssh: connect to host far port 22: " + error.strerror)
ways = {{0: there.fileno(), there.fileno(): 1}}
while there.fileno() in ways:
    for one in select.select(list(ways), [], [])[0]:
        other, piece = ways[one], os.read(one, 65536)
        if not piece:
            del ways[one]
            if one == 0:
                there.shutdown(socket.SHUT_WR)
        while piece:
            piece = piece[os.write(other, piece):]
"""


def put_ssh(folder: Path, socket: Path) -> Path:
    """Put such a program into a folder of its own, which belongs first on the path; its words are logged."""
    place = folder / "bin"
    place.mkdir()
    (place / "relay.py").write_text(RELAY.format(log=str(place / "words"), socket=str(socket)))
    program = place / "ssh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {place / "relay.py"} "$@"\n')
    program.chmod(0o755)
    return place
