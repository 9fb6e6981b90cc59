"""What the containers of these tests do, as commands of a static busybox: the guilty, and those just below.

The limits of the shipped rules are 200 PIDs and 80 % of the memory; ``MEMORY`` is the limit that every
container gets which is about memory.
"""

from pathlib import Path
from typing import Any

from tests.tooling.patience import patient

MEMORY = "64m"
PIDS = 256


def sh(script: str) -> tuple[str, ...]:
    """A shell script as a command."""
    return ("sh", "-c", script)


def on_a_sign(then: str) -> tuple[str, ...]:
    """Does this, and not before there is a file ``go`` in the folder that ``sees`` has given it.

    So a test itself says when: who does something so many seconds after his start may do it before anybody
    on a busy host is as far as the test needs.
    """
    return sh(f"until [ -e /sign/go ]; do sleep 0.05; done; {then}")


def sees(folder: Path) -> dict[str, Any]:
    """The options for who waits for a sign in this folder; to give it takes no engine."""
    return {"volumes": {str(folder): {"bind": "/sign", "mode": "ro"}}}


def _fork(count: int, seconds: float = 100000) -> str:
    return f"i=0; while [ $i -lt {count} ]; do sleep {seconds:g} & i=$((i+1)); done"


def processes(count: int) -> tuple[str, ...]:
    """As many processes as this, the shell included, and they stay."""
    return sh(f"{_fork(count - 1)}; wait")


def zombies(count: int) -> tuple[str, ...]:
    """A main process that never reaps, with as many children that have ended; they end after it took over."""
    return sh(f"i=0; while [ $i -lt {count} ]; do sleep 0.5 & i=$((i+1)); done; exec sleep 100000")


STORM = processes(250)
"""A fork storm: more than a rule allows, and less than the hard limit."""
AT_THE_LIMIT = processes(200)
"""Exactly as many as are allowed."""

RAMP = sh(
    "i=0; while [ $i -lt 9 ]; do tail -c 6400k /dev/zero | sleep 100000 & i=$((i+1)); sleep 0.1; done; wait"
)
"""Memory that grows step by step to about 90 % of the limit and is held: none of it belongs to a file."""
SHARED_RAMP = sh("dd if=/dev/zero of=/dev/shm/held bs=1M count=58; sleep 100000")
"""The same in shared memory, which is no page cache either (needs ``shm_size``)."""
NEARLY_FULL = sh("dd if=/dev/zero of=/dev/shm/held bs=1M count=50; sleep 100000")
"""A little less than 80 % (needs ``shm_size``)."""
PAGE_CACHE = sh(
    "dd if=/dev/null of=/holes bs=1M seek=1000000 2>/dev/null; at=0; while true; do "
    "dd if=/holes of=/dev/null bs=1M count=150 skip=$at 2>/dev/null; at=$((at+150)); "
    f"sleep {patient(4):g}; done"
)
"""Fills the memory with a file that is read: cache, which the kernel can drop.

Again and again, because some hosts take idle cache away, and each time another part of a file without
contents: only what was used once is "inactive", and that is all that the engine's working set leaves out. A
page that is used a second time, or again soon after it was dropped, counts as in use, here as in ``docker
stats``; so does one that is met on its way to a slow disk, and therefore nothing is written.
"""

CACHE_COMES_AND_GOES = sh(
    "while true; do dd if=/dev/null of=/holes bs=1M seek=58; "
    "dd if=/holes of=/dev/null bs=1M; : > /holes; done 2>/dev/null"
)
"""Reads most of its memory full of a file and empties that, again and again, fast."""

GROW = "a=x; while true; do a=$a$a; done"
OOM_MAIN = sh(f"sleep 0.5; {GROW}")
"""The main process runs out of memory (give it 32m)."""
OOM_CHILD = sh(f"sleep 0.5; ({GROW}); sleep 100000")
"""A child does, and the main process lives on."""
OOM_AT_ONCE = sh(GROW)
"""Dead within milliseconds after its start."""

SERVE = sh('trap "exit 0" TERM; while true; do sleep 0.05; done')
"""A well-behaved service: it goes when it is asked to."""


SLOW_TO_LEAVE = sh(f'trap "sleep 1; exit 0" TERM; {_fork(29)}; while true; do sleep 0.05; done')
"""Thirty processes, and it takes its time when it is asked to go."""
STORMS_WHEN_ASKED = sh(f"trap '{_fork(50)}' TERM; {_fork(29)}; while true; do sleep 0.05; done")
"""Thirty processes; when it is asked to go it stays, and there are fifty more of them."""


def waves(high: float, low: float) -> tuple[str, ...]:
    """Thirty processes for some seconds, a few for others, again and again; says when a wave is over."""
    return sh(f"while true; do {_fork(29, high)}; wait; echo over; sleep {low}; done")


TWO_RUNS = sh("[ -e /again ] && exec sleep 100000; touch /again; sleep 2")
"""Ends by itself after two seconds, and stays in its next run."""
ONCE_AND_AGAIN = sh("[ -e /again ] && exec sleep 100000; touch /again")
"""The same, at once."""
CALM_AT_FIRST = sh(f"[ -e /again ] || {{ touch /again; sleep 5; exit 0; }}; {STORM[-1]}")
"""Does nothing in its first run, and storms in the next."""


def exits(code: int, after: float = 0) -> tuple[str, ...]:
    """Ends by itself."""
    return sh(f"sleep {after}; exit {code}") if after else sh(f"exit {code}")
