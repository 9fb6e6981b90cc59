"""A proxy before an engine, as the product configures it: started, told what to do, read, and ended.

Belongs here: haproxy's life in a test, and an upstream that remembers what reached it. What a test makes of
that is its own part.
"""

import re
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from reactor.app.socketproxy.haproxy import USUAL, Silences, written
from reactor.engine.asked import Need
from tools.socket_proxy import haproxy

WITHIN = 15.0


class SocketProxy:
    """HAProxy before the socket ``engine``, in a folder of its own."""

    def __init__(
        self, folder: Path, engine: str, needs: Sequence[Need], *, silences: Silences = USUAL
    ) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"
        self._engine = engine
        self._silences = silences
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0
        self.permit(*needs)

    def permit(self, *needs: Need) -> None:
        """What is let through from the next start on."""
        text = written(
            needs,
            command="test",
            listen=str(self.socket),
            engine=self._engine,
            silences=self._silences,
        )
        self.file = self.folder / "haproxy.cfg"
        # Also what is let through is to be in the log, so that cuts can be counted.
        self.file.write_text(text.replace("set-log-level silent", "set-log-level info"))

    @property
    def docker_host(self) -> str:
        """Its address, for whoever speaks to the engine through it."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *options: str) -> None:
        """Start it, and wait until it accepts."""
        self._number += 1
        with self.log_file.open("wb") as log:
            command = (str(haproxy()), "-db", "-f", str(self.file), *options)
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_listening()

    def _wait_listening(self) -> None:
        until = time.monotonic() + WITHIN
        while True:
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            with suppress(OSError), socket.socket(socket.AF_UNIX) as tried:
                tried.connect(str(self.socket))
                return
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, with all that goes through it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hand_over(self) -> "subprocess.Popen[bytes]":
        """Start another one in its place; returns the old one, which keeps the connections that it has."""
        old = self._process
        assert old is not None
        self._process = None
        self.socket.unlink()
        self.start()
        return old

    @property
    def log_file(self) -> Path:
        """What the present one wrote."""
        return self.folder / f"haproxy-{self._number}.log"

    def log(self) -> str:
        """All of it."""
        return self.log_file.read_text(errors="backslashreplace")

    def cuts(self) -> int:
        """How many streams it broke off, since the engine had nothing to say for too long."""
        cut = re.compile(r"/(?:events|containers/\w+/stats)\?.* state=sD")
        return sum(len(cut.findall(file.read_text())) for file in self.folder.glob("haproxy-*.log"))


class Upstream:
    """Something behind the proxy that says yes to everything, and remembers what reached it."""

    def __init__(self, path: Path) -> None:
        self.reached: list[bytes] = []
        self.path = path

    @contextmanager
    def serving(self) -> Iterator[Self]:
        """Listen."""
        reached = self.reached

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    head += line
                found = re.search(rb"(?i)content-length: *(\d+)", head)
                body = self.rfile.read(int(found[1])) if found else b""
                reached.append(head + body)
                self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 64

        with Server(str(self.path), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


def ask(path: Path, request: bytes, *, timeout: float = WITHIN) -> bytes:
    """Send these bytes, and read until the other side has enough."""
    with socket.socket(socket.AF_UNIX) as connected:
        connected.settimeout(timeout)
        connected.connect(str(path))
        with suppress(BrokenPipeError, ConnectionResetError):
            connected.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):
            while piece := connected.recv(65536):
                answer += piece
        return answer


def status(answer: bytes) -> int:
    """The status of an answer; 0 for none."""
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(found[1]) if found else 0
