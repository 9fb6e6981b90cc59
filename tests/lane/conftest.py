"""A lookout on a host of plain files, for tests that look from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lane.build import Post, post


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Post]:
    made = post(tmp_path)
    yield made
    made.lookout.close()
