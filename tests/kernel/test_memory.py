"""What the host has left, and whether the engine runs on it."""

from dataclasses import replace
from pathlib import Path

import pytest

from reactor.core.ports import EngineInfo
from reactor.kernel.memory import Memory, read_memory, why_not_ours
from tests.kernel.build import KIB, RELEASE, FakeProc

OURS = EngineInfo("id", "host-a", "20.10", "1.41", 0.0, 16_000 * KIB, kernel=RELEASE, local=True)


def test_memory_is_read(tmp_path: Path) -> None:
    FakeProc(tmp_path).memory(2_000, 500)
    assert read_memory(tmp_path) == Memory(2_000 * KIB, 500 * KIB)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MemTotal: 2000 kB\n",
        "MemTotal: 2000 kB\nMemAvailable: 500\n",
        "MemTotal: 2000 kB\nMemAvailable: -5 kB\n",
        "MemTotal: 2000 kB\nMemAvailable: many kB\n",
        "MemTotal: 2000 kB\nMemAvailable: 2001 kB\n",
    ],
)
def test_what_makes_no_sense_is_unknown_and_not_zero(text: str, tmp_path: Path) -> None:
    FakeProc(tmp_path).write("meminfo", text)
    assert read_memory(tmp_path) is None


def test_nothing_to_read_is_unknown(tmp_path: Path) -> None:
    assert read_memory(tmp_path / "nowhere") is None
    assert "does not say" in why_not_ours(OURS, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"name": "elsewhere"}, ""),
        ({"local": False}, ""),
        ({"local": False, "name": "twin"}, "another name"),
        ({"memory": 16_000 * KIB + KIB}, "another host"),
        ({"kernel": f"{RELEASE}1"}, "another host"),
        ({"kernel": ""}, "another host"),
        ({"memory": 0}, "another host"),
    ],
)
def test_the_engine_is_ours_by_memory_and_kernel(
    changes: dict[str, object], why: str, tmp_path: Path
) -> None:
    """At a socket of this machine its name may be another: that of a container, for instance."""
    FakeProc(tmp_path)
    info = replace(OURS, **changes)  # type: ignore[arg-type]  # Fields of the record.
    said = why_not_ours(info, tmp_path)
    assert why in said if why else not said
