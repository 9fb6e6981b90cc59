"""The monitor goes before others where it may, and what it starts does not."""

import os
import subprocess
import sys

SCRIPT = """
import os, trio
from reactor.act.programs import run_program
from reactor.app.urgency import PRIORITY, go_first
before = os.getpriority(os.PRIO_PROCESS, 0)
went = go_first()
assert os.getpriority(os.PRIO_PROCESS, 0) == (PRIORITY if went else before), "raised as it says"
assert go_first() is went, "twice is once"
usual = 0 if went else before
code = f"sleep 0.3; exit $(($(nice) - {usual}))"
print(went, repr(trio.run(run_program, ["sh", "-c", code], dict(os.environ))))
"""


def ours(*command: str) -> str:
    """What it prints in a process of its own, which begins with the usual priority."""
    code = [*command, sys.executable, "-c", SCRIPT]
    done = subprocess.run(code, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_goes_first_where_it_may_and_its_programs_take_their_turn() -> None:
    may = os.geteuid() == 0
    assert ours() in ({"True ''", "False ''"} if may else {"False ''"})


def test_without_the_right_it_goes_on_as_it_is() -> None:
    assert ours("setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice") == "False ''"
