"""How a process that we started comes to its end."""

import subprocess

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
