"""Fixtures for everything about who is let in."""

import pytest

from tests.access.papers import Papers, make_papers


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Certificates, made once."""
    return make_papers(tmp_path_factory.mktemp("papers"))
