"""The unit of systemd: sound for systemd's own checker, tight, and not too tight for the monitor's work."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reactor.app.options import parser
from reactor.app.places import control_folder, default_journal
from reactor.app.settings import Times
from reactor.app.survival import SCORE
from reactor.journal.shelter import PLACES
from tests.services.files import UNIT, command, unit
from tools.deployment import systemd_analyze

EXPOSURE = 40
"""Tenths of what `systemd-analyze security` counts; a unit that says nothing has 96."""


def analyzed(folder: Path, text: str, *asked: str) -> "subprocess.CompletedProcess[str]":
    """What systemd says of a unit, in which the program is one that is here."""
    path, checker = folder / "reactor.service", systemd_analyze()
    path.write_text(text.replace("/usr/local/bin/reactor", sys.executable))
    return subprocess.run(
        [*checker.command, *asked, str(path)],
        env=checker.environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.observers
def test_systemd_finds_nothing_wrong_and_would(tmp_path: Path) -> None:
    good = analyzed(tmp_path, UNIT.read_text(), "verify", "--man=no")
    assert (good.returncode, good.stdout + good.stderr) == (0, "")
    bad = analyzed(
        tmp_path, UNIT.read_text().replace("WatchdogSec=30s", "WatchdogSec=soon"), "verify", "--man=no"
    )
    assert "Failed to parse sec value, ignoring: soon" in bad.stderr


@pytest.mark.observers
def test_it_is_as_tight_as_it_was(tmp_path: Path) -> None:
    asked = ("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}")
    done = analyzed(tmp_path, UNIT.read_text(), *asked)
    assert done.returncode == 0, done.stdout[-300:]
    loose = analyzed(tmp_path, UNIT.read_text().replace("CapabilityBoundingSet=", "#"), *asked)
    assert loose.returncode != 0


def test_its_commands_are_commands_of_ours() -> None:
    said = unit()
    (start,), (reload,) = said["ExecStart"], said["ExecReload"]
    run, order = parser().parse_args(command(start)), parser().parse_args(command(reload))
    assert (run.command, order.command) == ("run", "reload")
    assert str(run.control) == str(order.control)
    # Where people who say nothing more look for them.
    assert Path(run.control).parent == control_folder({}, root=True)
    assert run.journal.parent == default_journal("", {}, root=True).parent


def test_its_numbers_are_those_of_the_code() -> None:
    said = {key: values[0] for key, values in unit().items()}
    assert int(said["OOMScoreAdjust"]) == SCORE
    assert int(said["TimeoutStopSec"].removesuffix("s")) > Times().drain
    assert said["Type"] == "notify"
    assert said["RuntimeDirectory"] == PLACES[1].name
    assert said["RuntimeDirectoryPreserve"] == "yes", "intents that lie there outlive a restart"


def test_every_right_says_what_it_is_for() -> None:
    """And what is not taken away, though it could be, says why."""
    said, text = unit(), UNIT.read_text()
    for name in said["CapabilityBoundingSet"][0].split():
        assert re.search(rf"^# {name}: .{{20}}", text, re.MULTILINE), name
    for key in ("ProtectControlGroups", "ProtectKernelLogs", "ProtectProc", "RestrictRealtime"):
        assert re.search(rf"^# .*Not {key}\b", text, re.MULTILINE), key


DOCTOR = """
import os, subprocess, sys
subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=False, capture_output=True)
os.execvp(sys.argv[1], sys.argv[1:])
"""
ABOUT = {"cgroups", "host pids", "priority", "fork events", "containment", "slip", "kernel log", "real-time"}
PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")


def doctor(folder: Path, *before: str) -> dict[str, Any]:
    """What the doctor finds in the kernel, with tracefs where hosts of systemd have it, behind a command."""
    ask = (
        sys.executable, "-m", "reactor", "doctor", "--json",
        "--docker-host", f"unix://{folder}/none.sock", "--journal", str(folder / "journal.db"),
    )  # fmt: skip
    # Mounts of a namespace of its own, which is gone with it.
    own = ("unshare", "--mount", "--propagation", "private", sys.executable, "-c", DOCTOR)
    done = subprocess.run(
        [*own, *(before or ("env",)), *ask], capture_output=True, text=True, check=False, timeout=120
    )
    checks = json.loads(done.stdout)["checks"]
    # With a 3, as Debian has it, its kernels keep forks for CAP_SYS_ADMIN: the unit says so.
    kept = {"fork events"} if PARANOID.exists() and int(PARANOID.read_text()) > 2 else set()
    return {each["check"]: each["verdict"] for each in checks if each["check"] in ABOUT - kept}


@pytest.mark.observers
@pytest.mark.skipif(os.geteuid() != 0, reason="the unit is root's, and whoever is not root cannot be it")
def test_with_the_rights_of_the_unit_the_kernel_lets_us_do_all_that_it_lets_root(tmp_path: Path) -> None:
    """And without the one that is asked for most often it does not: this would be seen."""
    kept = [name.removeprefix("CAP_").lower() for name in unit()["CapabilityBoundingSet"][0].split()]
    whole, bound = doctor(tmp_path), doctor(tmp_path, *_only(kept))
    assert bound == whole
    assert "ok" in whole.values()
    without = doctor(tmp_path, *_only([name for name in kept if name != "dac_override"]))
    assert without != whole


def _only(kept: list[str]) -> tuple[str, ...]:
    return ("setpriv", "--bounding-set=-all," + ",".join(f"+{name}" for name in kept), "--inh-caps=-all")
