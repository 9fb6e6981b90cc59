"""How a process that we started comes to its end: when we want it to, and when we are killed."""

import shutil
import subprocess
from collections.abc import Sequence

PATIENCE = 30.0


def end(process: "subprocess.Popen[bytes]") -> int:
    """Ask it to end, and kill it if it does not; returns its exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except BaseException:
            process.kill()
            process.wait()
            raise
    return process.returncode


def bound(command: Sequence[str]) -> tuple[str, ...]:
    """The command of a process that is killed when we are, by ``kill -9`` too, where that can be had."""
    helper = shutil.which("setpriv")
    return (helper, "--pdeathsig", "KILL", *command) if helper else tuple(command)
