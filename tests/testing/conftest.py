"""What the tests of the embedded engine share: a folder for sockets and ways to ask over one."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Give the path of a socket that is not there yet, short enough for one."""
    with TemporaryDirectory(prefix="rx-") as folder:
        yield Path(folder) / "d.sock"
