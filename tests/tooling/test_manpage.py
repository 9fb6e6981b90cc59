"""The page of `man reactor` is that of the command line as it is, and no formatter objects to it."""

import shutil
import subprocess

import pytest

from tools.manpage import PAGE, page


def test_the_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert page() == PAGE.read_text(), "the command line has changed: make docs"


def test_every_command_has_its_section() -> None:
    text = PAGE.read_text()
    assert ".SH REACTOR RUN\n.nf\nreactor run [\\-h]" in text
    assert ".SH REACTOR STACK UP\n" in text
    assert text.isascii()


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_formatter_has_no_warning() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", PAGE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    assert "REACTOR(1)" in done.stdout
