"""The quicker copy is the same copy."""

from dataclasses import replace

import pytest

from reactor.core.swift import changed
from tests.core.build import Story, box


def test_a_copy_is_that_of_the_usual_way() -> None:
    entry = Story().see(0, box(1)).entry(1)
    assert changed(entry, heard=3.0, ending="x") == replace(entry, heard=3.0, ending="x")
    assert changed(entry) == entry
    assert entry.heard is None


def test_a_field_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no field 'nonsense'"):
        changed(box(1), nonsense=1)
