"""The datagrams: to whom, by whom, and never in the way of a monitor."""

import os
from pathlib import Path

import pytest

from reactor.app.systemd.notifying import Notifier, take_notifier
from tests.app.systemd.manager import managing


@pytest.mark.parametrize("abstract", [False, True])
def test_a_manager_hears_us_and_the_kernel_tells_it_that_it_is_us(tmp_path: Path, abstract: bool) -> None:
    with managing(tmp_path, abstract=abstract) as manager:
        take_notifier({"NOTIFY_SOCKET": manager.address}).say("READY=1", "STATUS=a\nREADY=1 \x1b[31m\udc80ä")
        (said,) = manager.said()
    assert said.pid == os.getpid()
    assert said.fields == {"READY": "1", "STATUS": "a?READY=1 ?[31m?ä"}


def test_nobody_whom_we_start_can_speak_in_our_name() -> None:
    environ = {"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7", "PATH": "/bin"}
    assert take_notifier(environ, own=7) == Notifier("/n", 3.0)
    assert environ == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"WATCHDOG_USEC": "500000"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0", "WATCHDOG_PID": "7"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({}, None),
    ],
)
def test_a_watchdog_that_is_not_ours_is_not_fed(given: dict[str, str], seconds: float | None) -> None:
    assert take_notifier({"NOTIFY_SOCKET": "@n", **given}, own=7).watchdog == seconds


@pytest.mark.parametrize("address", ["", "/", "@", "vsock:2:1234", "relative/name"])
def test_what_is_no_name_of_a_socket_is_nobody(address: str) -> None:
    nobody = take_notifier({"NOTIFY_SOCKET": address})
    nobody.say("READY=1")
    assert not nobody.listens


def test_a_manager_that_went_is_said_once_and_disturbs_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier(str(tmp_path / "gone"))
    for _ in range(3):
        notifier.say("WATCHDOG=1")
    assert [record.message for record in caplog.records] == ["the service manager cannot be told anything"]


def test_a_manager_that_does_not_take_it_does_not_make_us_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with managing(tmp_path) as manager:
        notifier = Notifier(manager.address)
        for _ in range(2000):
            notifier.say("WATCHDOG=1")
        assert len(caplog.records) == 1
        assert 0 < len(manager.said()) < 2000
        notifier.say("READY=1")
        assert manager.all_of("READY") == ["1"]
