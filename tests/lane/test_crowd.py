"""Whether anything stirs among all, by what their parents count."""

from pathlib import Path

import pytest

from reactor.lane.crowd import Crowd
from tests.cgroups.build import HostV1, run_of
from tests.lane.build import Post


@pytest.fixture
def here(tmp_path: Path) -> Post:
    """Two runs below one parent, which counts 10 PIDs."""
    made = Post(HostV1(tmp_path))
    made.run(1)
    made.run(2)
    made.parent(10)
    return made


def drawn(here: Post) -> Crowd:
    crowd = Crowd()
    crowd.draw(here.host.found(run_of(number)) for number in (1, 2))
    return crowd


def test_it_is_loud_at_first_and_when_the_sum_has_moved_by_enough(here: Post) -> None:
    crowd = drawn(here)
    assert [crowd.is_loud(), crowd.is_loud()] == [True, False]
    here.parent(12)
    assert not crowd.is_loud()
    here.parent(60)
    assert [crowd.is_loud(), crowd.is_loud()] == [True, False]
    crowd.close()


def test_what_was_counted_is_remembered_when_the_files_are_opened_again(here: Post) -> None:
    """Else each time would look like a stir, after which everybody is looked at for two seconds."""
    crowd = drawn(here)
    assert crowd.is_loud()
    assert crowd.renew()
    assert not crowd.is_loud()
    here.parent(60)
    assert crowd.renew()
    assert crowd.is_loud()
    crowd.close()


def test_a_parent_that_was_made_again_is_found_and_one_that_is_gone_is_said(here: Post) -> None:
    crowd, file = drawn(here), here.host.path / "pids/docker/pids.current"
    assert crowd.is_loud()
    file.unlink()
    assert not crowd.renew()
    assert [crowd.is_loud(), crowd.is_loud()] == [True, True]
    here.parent(10)
    assert crowd.renew()
    assert [crowd.is_loud(), crowd.is_loud()] == [True, False]
    crowd.close()
