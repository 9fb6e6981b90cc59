"""Runs one of the bench's own contenders as a process, and hears what it says.

Starting, hearing and ending; what is made of it belongs elsewhere.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.ending import bound, end
from bench.records import Kill
from bench.saying import Counted, Killed, Looked, Ready, Round, Said, understand

CHECKOUT = Path(__file__).resolve().parent.parent


class DidNotBegin(Exception):
    """A contender does not watch, or has ended."""


class Program:
    """One contender, from its start to its end. ``module`` is what ``python -m`` runs."""

    def __init__(self, module: str, arguments: Sequence[str], containers: Sequence[str]) -> None:
        self._said: list[Said] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            bound((sys.executable, "-m", module, *arguments)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CHECKOUT,
            start_new_session=True,
        )
        self._thread = threading.Thread(target=self._hear, name=module, daemon=True)
        self._thread.start()
        if self._process.stdin is not None:
            self._process.stdin.write("\n".join(containers).encode())
            self._process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_ready(self, within: float) -> None:
        """Wait until it says that it watches."""
        with self._news:
            self._news.wait_for(lambda: self._has(Ready) or not self._thread.is_alive(), within)
            if not self._has(Ready):
                raise DidNotBegin("the contender did not begin to watch")

    def wait_watching(self, number: int, within: float) -> None:
        """Wait until it says that it watches so many containers."""
        with self._news:
            self._news.wait_for(lambda: self._watching() >= number or not self._thread.is_alive(), within)
            if self._watching() < number:
                raise DidNotBegin(f"a contender watches {self._watching()} of {number} containers")

    def stop(self) -> None:
        """End it, and hear the rest."""
        end(self._process)
        self._thread.join(10)

    def kills(self) -> list[Kill]:
        """The kills that it told of."""
        return [
            Kill(said.container, said.seen, said.called, said.returned)
            for said in tuple(self._said)
            if isinstance(said, Killed)
        ]

    def looks(self) -> list[float]:
        """How long each look took, in seconds."""
        return [said.took for said in tuple(self._said) if isinstance(said, Looked)]

    def rounds(self) -> list[Round]:
        """The rounds that are over."""
        return [said for said in tuple(self._said) if isinstance(said, Round)]

    def wait_rounds(self, number: int, within: float) -> None:
        """Wait until so many rounds are over."""
        with self._news:
            self._news.wait_for(lambda: len(self.rounds()) >= number or not self._thread.is_alive(), within)

    def killed(self) -> list[Killed]:
        """The same with all that it told of them."""
        return [said for said in tuple(self._said) if isinstance(said, Killed)]

    def counted(self) -> list[Counted]:
        """How many readings it had taken, at several moments."""
        return [said for said in tuple(self._said) if isinstance(said, Counted)]

    def _watching(self) -> int:
        return max((said.containers for said in self._said if isinstance(said, Ready)), default=0)

    def _has(self, kind: type[Ready]) -> bool:
        return any(isinstance(said, kind) for said in self._said)

    def _hear(self) -> None:
        for line in self._process.stdout or ():
            with self._news:
                self._said.append(understand(line))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()
