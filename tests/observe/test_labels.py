"""Labels of containers in metrics: a stranger's text, by a list and within bounds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.observe.crowd import Crowd
from reactor.observe.labels import LONGEST_VALUE, MOST_VALUES, OTHER, BadLabels, Shown, label_keys
from reactor.observe.prometheus import render
from reactor.observe.snapshot import Captured, collect
from reactor.observe.tally import Tally
from tests.observe.build import OWN, STARTED, reading, readings
from tests.observe.test_exports import scraped


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["a b"], "'a b' is no key of a label; such as team"),
        (['x"} 1\n'], "is no key of a label"),
        (["team.a", "team-a"], "team.a and team-a would be the same label in Prometheus"),
        ([f"k{n}" for n in range(11)], "11 labels are more than the 10"),
        (["k" * 101], "is no key of a label"),
    ],
)
def test_keys_that_cannot_be_shown_are_refused(given: list[str], said: str) -> None:
    with pytest.raises(BadLabels, match=said):
        label_keys(given)


def test_keys_are_taken_once_and_in_order() -> None:
    assert label_keys([" service", "team", "service", ""]) == ("service", "team")


def test_values_stand_on_the_names_of_a_container_and_nowhere_else() -> None:
    """By OpenTelemetry's name for them, fit for Prometheus; who has no such label has an empty one."""
    keys = label_keys(["team", "com.example.cost-centre"])
    shown = Shown(keys)
    boxes = (
        replace(
            reading(1), labels=shown.values({"team": "a", "com.example.cost-centre": "7", "pin": "1234"})
        ),
        replace(reading(2), labels=shown.values({"other": "b"})),
    )
    now = replace(readings(), labels=keys)
    text = render(collect(Captured(now, Tally().freeze(), STARTED, Crowd(boxes)), OWN))
    infos = {
        dict(labels)["container_name"]: dict(labels)
        for name, labels in scraped(text)
        if name == "reactor_container_info"
    }
    centre = "container_label_com_example_cost_centre"
    assert (infos["task-1"]["container_label_team"], infos["task-1"][centre]) == ("a", "7")
    assert (infos["task-2"]["container_label_team"], infos["task-2"][centre]) == ("", "")
    assert text.count(b"container_label_team") == 2
    assert b"1234" not in text


def test_values_are_bounded() -> None:
    """Whoever makes up a new one for each container makes no more series than there are containers."""
    shown = Shown(("team",))
    values = [shown.values({"team": f"t{n}"})[0] for n in range(MOST_VALUES + 50)]
    assert len(set(values)) == MOST_VALUES + 1
    assert values[-1] == OTHER
    assert shown.values({"team": "t0"}) == ("t0",)


@given(st.text(max_size=300))
def test_any_value_is_one_printable_line(text: str) -> None:
    (value,) = Shown(("team",)).values({"team": text})
    assert len(value) <= LONGEST_VALUE
    assert value.isprintable()
