"""Cleans up after a private engine whose owner has died: `python -m tools.engine_guard FOLDER`.

The guard is a process in a session of its own that holds the reading end of a pipe; the owner holds the other
end. When the owner ends, by `kill -9` too, the kernel closes that end, and the guard sweeps the folder. After
an orderly stop there is nothing left to sweep. Does not belong here: what a sweep does (engine_traces.py).
"""

import subprocess
import sys
from pathlib import Path

from tools.engine_files import CHECKOUT
from tools.engine_traces import sweep


class Guard:
    """The owner's side of the pipe."""

    def __init__(self, folder: Path) -> None:
        # Without `site` it starts in half the time, and it needs the standard library only.
        command = (sys.executable, "-S", "-m", "tools.engine_guard", str(folder))
        self._process = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, start_new_session=True)

    @property
    def pid(self) -> int:
        """The guard's process id."""
        return self._process.pid

    def release(self) -> None:
        """Close the pipe and wait until the guard has seen to it that nothing is left."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Wait for the end of the owner, then sweep."""
    folder = Path(sys.argv[1])
    sys.stdin.buffer.read()
    sweep(folder)


if __name__ == "__main__":
    main()
