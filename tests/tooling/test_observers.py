"""The programs that look at a monitor from outside are here, and run from where they were unpacked."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import observers


@pytest.mark.observers
@pytest.mark.parametrize(
    ("program", "named"),
    [
        (observers.promtool, "promtool"),
        (observers.prometheus, "prometheus"),
        (observers.alertmanager, "alertmanager"),
        (observers.amtool, "amtool"),
    ],
)
def test_an_observer_tells_its_version(program: Callable[[], Path], named: str) -> None:
    done = subprocess.run((program(), "--version"), capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{named}, version ")


@pytest.mark.observers
def test_the_browser_reads_a_page() -> None:
    script = "document.querySelector('p').textContent += ' and after'"
    page = f"data:text/html,<p>before</p><script>{script}</script>"
    options = ("--no-sandbox", "--disable-gpu", "--dump-dom")
    done = subprocess.run(
        (observers.chromium(), *options, page), capture_output=True, text=True, timeout=60, check=True
    )
    assert "<p>before and after</p>" in done.stdout
