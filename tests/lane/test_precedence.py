"""Who is real-time, from when and until when: seen from outside, in processes of their own."""

import os
import subprocess
import sys

import pytest

OURS = """
import os, subprocess, sys, time
from reactor.lane import precedence as p
NAMES = {os.SCHED_OTHER: "other", os.SCHED_FIFO: "fifo", p.LIFTED: "lifted", os.SCHED_BATCH: "batch"}
def policy(): return NAMES[os.sched_getscheduler(0)]
def lane(pid, code="p.lift(PID)"):
    code = "from reactor.lane import precedence as p\\n" + code.replace("PID", str(pid))
    subprocess.run([sys.executable, "-c", code], check=True)
"""
LIFT = OURS + "print(p.may_be_lifted(), end=' '); lane(os.getpid()); print(policy(), end=' ')\n"


def said(script: str, *command: str) -> str:
    done = subprocess.run(
        [*command, sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def may() -> bool:
    """Whether a process may be real-time here: root may not everywhere."""
    return said(OURS + "print(p.go_first())") == "True"


@pytest.fixture
def allowed() -> None:
    """What follows is about those who may."""
    if not may():
        # What is tested then is all that can be: that nothing breaks.
        assert said(LIFT + "p.stand_down(); print(policy())") == "True other other"
        pytest.skip("nothing may be real-time here")


@pytest.mark.usefixtures("allowed")
def test_a_monitor_is_lifted_by_its_lane_and_stands_down_again_with_its_niceness() -> None:
    nice = "os.setpriority(os.PRIO_PROCESS, 0, -10)\n"
    end = "p.stand_down(); print(policy(), os.getpriority(os.PRIO_PROCESS, 0))"
    assert said(OURS + nice + LIFT + end) == "True lifted other -10"


@pytest.mark.usefixtures("allowed")
def test_what_a_lifted_monitor_starts_is_as_others_are() -> None:
    child = "subprocess.run([sys.executable, '-c', 'import os; print(os.sched_getscheduler(0))'])"
    assert said(LIFT + "sys.stdout.flush();" + child) == f"True lifted {os.SCHED_OTHER}"


@pytest.mark.usefixtures("allowed")
def test_only_the_parent_is_lifted() -> None:
    """The number may be another process's by now."""
    other = "import os; os.getppid = lambda: 1\np.lift(PID)"
    assert said(OURS + f"lane(os.getpid(), {other!r}); print(policy())") == "other"


def test_whoever_has_a_policy_of_his_own_keeps_it() -> None:
    batch = "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))\n"
    assert said(OURS + batch + LIFT + "p.stand_down(); print(policy())") == "False batch batch"


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("who", ["p.go_first()", "(p.may_be_lifted(), lane(os.getpid()))"])
def test_a_turn_that_does_not_end_is_not_real_time_for_long(who: str) -> None:
    """And the next one is not, either; whoever is lifted again is so again, and has the same limit."""
    turn = "t = time.thread_time()\nwhile time.thread_time() - t < 0.4: pass\nprint(policy(), end=' ')\n"
    again = f"{who}\nprint(policy() != 'other', end=' ')\n{turn}"
    assert said(OURS + again + again) == "True other True other"


@pytest.mark.usefixtures("allowed")
def test_who_waits_between_is_real_time_for_ever() -> None:
    turn = " t = time.thread_time()\n while time.thread_time() - t < 0.03: pass\n time.sleep(0.001)\n"
    turns = "for _ in range(12):\n" + turn
    assert said(f"{OURS}p.go_first()\n{turns}print(policy())") == "fifo"


def test_without_the_right_all_goes_on_as_it_is() -> None:
    script = LIFT + "print(p.go_first()); p.stand_down(); print(policy())"
    without = ("setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice")
    assert said(script, *without).split() == ["True", "other", "False", "other"]


def test_without_room_for_a_turn_nobody_is_real_time() -> None:
    """Whoever runs it has allowed less than what a turn of ours may take."""
    less = "import resource\nresource.setrlimit(resource.RLIMIT_RTTIME, (500, 1000))\n"
    drop = "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n" if os.geteuid() == 0 else ""
    assert said(f"{OURS}{less}{drop}print(p.may_be_lifted(), p.go_first(), policy())") == "False False other"
