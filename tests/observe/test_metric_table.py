"""The table: names, help and labels that both worlds accept, and a source for every row."""

import re
from pathlib import Path

import pytest

from reactor.observe.document import document
from reactor.observe.names import Kind, label_name, translate
from reactor.observe.rows.engines import ENGINES
from reactor.observe.table import ROWS, SECONDS, TABLE
from tests.observe.build import snapshot

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
SUFFIXES_OF_OTHER_KINDS = ("_count", "_sum", "_bucket", "_created")


def test_names_are_the_standard_translation() -> None:
    """Whichever way a metric comes to Prometheus, it has one name."""
    wrong = {row.name for row in TABLE if translate(row.otel, row.unit, row.kind) != row.name}
    assert not wrong


def test_names_pass_the_rules_of_prometheus() -> None:
    """The lint of promtool, as far as it concerns names: shape, `_total`, and suffixes of other kinds."""
    for row in TABLE:
        assert re.fullmatch("[a-z][a-z0-9_]*", row.name), row
        assert row.name.endswith("_total") is (row.kind is Kind.COUNTER), row
        assert not row.name.endswith(SUFFIXES_OF_OTHER_KINDS), row
        assert row.name.startswith(("reactor_", "container_", "process_", "cpython_")), row


def test_rows_say_what_they_are() -> None:
    """A sentence of help, a unit that is no bare 1, labels that are legal and not Prometheus' own."""
    for row in TABLE:
        assert row.help.endswith("."), row
        assert row.help.isprintable(), row
        assert row.unit != "1", row
        assert len(set(row.labels)) == len(row.labels), row
        for label in row.labels:
            assert re.fullmatch("[a-z][a-z0-9_]*", label), row
            assert label not in {"le", "quantile", "job", "instance"}, row


def test_no_event_counter_carries_a_container() -> None:
    """A container that dies between two scrapes would take its counts with it."""
    with_container = [row for row in TABLE if "container_id" in row.labels]
    assert len(with_container) > 10
    for row in with_container:
        assert row.kind is not Kind.HISTOGRAM, row
        assert row.name.startswith(("container_", "reactor_container_")), row


def test_no_counter_has_the_name_of_another_metric() -> None:
    """In OpenMetrics a counter's family goes without its suffix, and reserves names beside."""
    names = [row.name.removesuffix("_total") for row in TABLE]
    assert len(set(names)) == len(names)


def test_each_name_stands_once() -> None:
    """On both sides."""
    assert len(ROWS) == len(TABLE)
    assert len({row.otel for row in TABLE}) == len(TABLE)
    assert list(SECONDS) == sorted(SECONDS)


def test_every_row_has_a_source() -> None:
    """In a moment in which everything is known and has happened, no row of the table is missing; but for what
    is told of several engines together."""
    several = {row.name for row in ENGINES}
    assert [family.row.name for family in snapshot(1).families] == [row for row in ROWS if row not in several]


@pytest.mark.parametrize(
    ("otel", "unit", "kind", "name"),
    [
        ("container.cpu.time", "s", Kind.COUNTER, "container_cpu_time_seconds_total"),
        ("container.memory.usage", "By", Kind.UPDOWN, "container_memory_usage_bytes"),
        ("container.pids.count", "{pids}", Kind.UPDOWN, "container_pids_count"),
        ("cpu.share", "1", Kind.GAUGE, "cpu_share_ratio"),
        ("cpu.ratio.now", "1", Kind.GAUGE, "cpu_now_ratio"),
        ("requests", "1", Kind.COUNTER, "requests_total"),
        ("total.requests", "", Kind.COUNTER, "requests_total"),
        ("wait.seconds", "s", Kind.HISTOGRAM, "wait_seconds"),
        ("odd..name__here", "", Kind.GAUGE, "odd_name_here"),
    ],
)
def test_translation_by_example(otel: str, unit: str, kind: Kind, name: str) -> None:
    """The rules, one by one."""
    assert translate(otel, unit, kind) == name


def test_an_unknown_unit_is_no_guess() -> None:
    """A unit that nobody has translated is an error, not a wrong name."""
    with pytest.raises(KeyError, match="parsec"):
        translate("far", "parsec", Kind.GAUGE)


def test_labels_translate_by_their_dots() -> None:
    """As every collector does it."""
    assert label_name("container.image.name") == "container_image_name"


def test_the_page_is_that_of_the_table() -> None:
    """To write it anew: `Path("docs/metrics.md").write_text(document())`."""
    assert PAGE.read_text() == document()
    for row in TABLE:
        assert f"| `{row.name}` | `{row.otel}`" in PAGE.read_text()
